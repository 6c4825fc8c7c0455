// LookupMap: a hash map that can't be iterated, because the order of a hash
// table differs from process to process and would leak into the run.
//
//   LookupMap<std::string, int> ids;
//   ids.Insert("a", 1);
//   if (int* id = ids.Find("a")) ...
//
// Not synchronised: deterministic thread only.
#pragma once

#include <utility>

#include "absl/container/flat_hash_map.h"

namespace graphdb {

template <typename K, typename V>
class LookupMap {
 public:
  // False, and nothing changed, where the key is there already.
  template <typename Value>
  bool Insert(const K& key, Value&& value) {
    return map_.try_emplace(key, std::forward<Value>(value)).second;
  }
  template <typename Q>
  V* Find(const Q& key) {
    auto it = map_.find(key);
    return it == map_.end() ? nullptr : &it->second;
  }
  template <typename Q>
  const V* Find(const Q& key) const {
    auto it = map_.find(key);
    return it == map_.end() ? nullptr : &it->second;
  }
  V& operator[](const K& key) { return map_[key]; }
  template <typename Q>
  bool Erase(const Q& key) {
    return map_.erase(key) > 0;
  }
  template <typename Q>
  bool Contains(const Q& key) const {
    return map_.contains(key);
  }
  size_t size() const { return map_.size(); }
  bool empty() const { return map_.empty(); }
  void Clear() { map_.clear(); }

 private:
  absl::flat_hash_map<K, V> map_;
};

}  // namespace graphdb

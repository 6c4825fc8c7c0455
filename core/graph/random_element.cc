#include "core/graph/random_element.h"

#include <iterator>
#include <limits>
#include <set>
#include <string>

namespace graphdb::graph {
namespace {

using Limits = std::numeric_limits<int64_t>;
using Floats = std::numeric_limits<double>;

constexpr int64_t kIntegers[] = {0,
                                 1,
                                 -1,
                                 42,
                                 Limits::min(),
                                 Limits::max(),
                                 (int64_t{1} << 53),
                                 (int64_t{1} << 53) + 1,
                                 -(int64_t{1} << 53) - 1};

constexpr double kFloats[] = {0.0,
                              -0.0,
                              1.0,
                              0.1,
                              -1.5,
                              1e300,
                              5e-324,
                              Floats::max(),
                              Floats::lowest(),
                              9007199254740993.0,
                              Floats::infinity(),
                              -Floats::infinity(),
                              Floats::quiet_NaN()};

constexpr absl::string_view kNames[] = {
    "Person", "KNOWS", "name", "a", "b", "$f", "\xc3\xa9t\xc3\xa9", "with \"quotes\"\\"};

template <typename T, size_t kCount>
const T& Pick(Random* random, const T (&items)[kCount]) {
  return items[random->Below(kCount)];
}

std::string RandomText(Random* random) {
  switch (random->Below(8)) {
    case 0:
      return "";
    case 1:
      return std::string("nul\0inside", 10);
    case 2:
      return "\n\r\t\x01\x7f\"\\/";
    case 3:
      return "\xf0\x9f\x98\x80 \xe2\x80\xa8";  // an emoji, a line separator
    case 4:
      return std::string(random->Below(3000), 'x');
    default:
      return std::string(1, static_cast<char>('a' + random->Below(4)));
  }
}

std::string RandomBytes(Random* random) {
  std::string out;
  const uint64_t size = random->Below(12);
  for (uint64_t i = 0; i < size; ++i) out.push_back(static_cast<char>(random->Below(256)));
  return out;
}

ValueList RandomItems(Random* random) {
  ValueList list;
  const uint64_t size = random->Below(4);
  for (uint64_t i = 0; i < size; ++i) list.push_back(RandomScalar(random));
  return list;
}

PropertyMap RandomProperties(Random* random) {
  PropertyMap properties;
  const uint64_t size = random->Below(4);
  for (uint64_t i = 0; i < size; ++i) {
    std::string key(Pick(random, kNames));
    properties[key] = RandomStorable(random);
  }
  return properties;
}

}  // namespace

Value RandomScalar(Random* random) {
  switch (random->Below(6)) {
    case 0:
      return Value::Boolean(random->Chance(1, 2));
    case 1:
      return Value::Integer(Pick(random, kIntegers));
    case 2:
      return Value::Integer(static_cast<int64_t>(random->Next()));
    case 3:
      return Value::Float(Pick(random, kFloats));
    case 4:
      return Value::OfBytes(RandomBytes(random));
    default:
      return Value::String(RandomText(random));
  }
}

Value RandomStorable(Random* random) {
  if (random->Chance(1, 4)) return Value::List(RandomItems(random));
  return RandomScalar(random);
}

Value RandomValue(Random* random, int depth) {
  const uint64_t kind = depth > 1 ? random->Below(4) : 3;
  if (kind == 0) return Value::Null();
  if (kind == 3) return RandomScalar(random);
  const uint64_t size = random->Below(4);
  ValueList list;
  PropertyMap map;
  for (uint64_t i = 0; i < size; ++i) {
    std::string key(Pick(random, kNames));
    Value item = RandomValue(random, depth - 1);
    list.push_back(item);
    map[key] = std::move(item);
  }
  return kind == 1 ? Value::List(std::move(list)) : Value::Map(std::move(map));
}

Node RandomNode(Random* random, ElementId id) {
  Node node;
  node.id = id;
  std::set<std::string> labels;
  const uint64_t size = random->Below(3);
  for (uint64_t i = 0; i < size; ++i) labels.emplace(Pick(random, kNames));
  node.labels.assign(labels.begin(), labels.end());
  node.properties = RandomProperties(random);
  return node;
}

Relationship RandomRelationship(Random* random, RelationshipId id, ElementId start, ElementId end) {
  Relationship r{id, std::string(Pick(random, kNames)), start, end, {}};
  r.properties = RandomProperties(random);
  return r;
}

}  // namespace graphdb::graph

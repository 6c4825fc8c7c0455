#include "sim/exhaustive/search.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_set.h"  // LINT-OK(include): asked, never iterated
#include "absl/strings/str_cat.h"
#include "sim/env/mixing.h"

namespace graphdb::sim {
namespace {

constexpr char kPathMark[] = "path: ";

std::vector<Action> g_path;  // LINT-OK(mutable-global): of the run that is going on

struct Branch {
  Model model;
  std::vector<Action> choices;
  size_t next = 0;
};

}  // namespace

SearchResult SearchAll(const Scope& scope, uint64_t states_max) {
  SearchResult result;
  absl::flat_hash_set<uint64_t> seen;  // LINT-OK(hash): asked, never iterated
  std::vector<Branch> branches;
  g_path.clear();
  const auto enter = [&](Model model) {
    if (!seen.insert(HashBytes(model.StateBytes())).second) return false;
    std::vector<Action> choices = model.Enabled();
    if (choices.empty()) ++result.ends;
    branches.push_back({std::move(model), std::move(choices)});
    result.deepest = std::max<uint64_t>(result.deepest, branches.size() - 1);
    return true;
  };
  enter(Model(scope));
  while (!branches.empty() && seen.size() < states_max) {
    Branch& branch = branches.back();
    if (branch.next == branch.choices.size()) {
      branches.pop_back();
      if (!g_path.empty()) g_path.pop_back();
      continue;
    }
    const Action action = branch.choices[branch.next++];
    Model model = branch.model;
    g_path.push_back(action);
    model.Take(action);
    ++result.steps;
    if (!enter(std::move(model))) g_path.pop_back();
  }
  result.states = seen.size();
  result.complete = branches.empty();
  return result;
}

void PlayPath(const Scope& scope, const std::vector<Action>& path,
              void (*tell)(const std::string& line)) {
  Model model(scope);
  if (tell != nullptr) model.StartTrace();
  g_path.clear();
  for (const Action& action : path) {
    g_path.push_back(action);
    if (tell != nullptr) tell(ToText({action}));
    if (!model.Take(action)) g_path.pop_back();
    if (tell == nullptr) continue;
    for (const std::string& line : model.TakeTrace()) tell(absl::StrCat("    ", line));
  }
}

std::string PathContext() { return absl::StrCat(kPathMark, ToText(g_path), "\n"); }

std::string PathIn(const std::string& text) {
  const size_t at = text.find(kPathMark);
  if (at == std::string::npos) return "";
  const size_t from = at + sizeof(kPathMark) - 1;
  return text.substr(from, text.find('\n', from) - from);
}

}  // namespace graphdb::sim

// Filter, projection, unwind, pagination, paths: row in, rows out.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/cypher/co_status.h"
#include "core/cypher/error.h"
#include "core/cypher/evaluate.h"
#include "core/cypher/operators/nodes.h"

namespace graphdb::cypher {
namespace {

class Filter : public Operator {
 public:
  Filter(ExecutionContext& context, const FilterNode& plan)
      : Operator(context), plan_(plan), input_(plan.OpenChild(context)) {}

  txn::AsyncOr<bool> Next(Batch* out) override {
    while (true) {
      GRAPHDB_CO_ASSIGN_OR_RETURN(const bool more, co_await input_->Next(out));
      if (!more) co_return false;
      keep_.assign(out->rows(), false);
      GRAPHDB_CO_RETURN_IF_ERROR(co_await ForEachRow(
          context_, out->rows(), [&](size_t i) { return Test(out->row(i), i); }));
      out->Keep(keep_);
      GRAPHDB_CO_RETURN_IF_ERROR(co_await context_.Work(keep_.size()));
      if (!out->empty()) co_return true;
    }
  }

 private:
  absl::Status Test(Datum* row, size_t i) {
    for (const Expr* predicate : plan_.predicates) {
      GRAPHDB_ASSIGN_OR_RETURN(const Ternary truth,
                               EvaluatePredicate(*predicate, row, context_.eval()));
      if (truth != Ternary::kTrue) return absl::OkStatus();
    }
    keep_[i] = true;
    return absl::OkStatus();
  }

  const FilterNode& plan_;
  const std::unique_ptr<Operator> input_;
  std::vector<bool> keep_;
};

class Project : public Operator {
 public:
  Project(ExecutionContext& context, const ProjectNode& plan)
      : Operator(context), plan_(plan), input_(plan.OpenChild(context)), charge_(context) {}

  txn::AsyncOr<bool> Next(Batch* out) override {
    Batch rows;
    GRAPHDB_CO_ASSIGN_OR_RETURN(const bool more, co_await input_->Next(&rows));
    if (!more) co_return false;
    // Values of the batch before are the next operator's now.
    charge_.Clear();
    out->Reset(plan_.width);
    for (size_t i = 0; i < rows.rows(); ++i) out->Add();
    GRAPHDB_CO_RETURN_IF_ERROR(
        co_await ForEachRow(context_, rows.rows(), [&](size_t i) -> absl::Status {
          size_t bytes = 0;
          for (size_t k = 0; k < plan_.exprs.size(); ++k) {
            GRAPHDB_ASSIGN_OR_RETURN(out->row(i)[plan_.slots[k]],
                                     Evaluate(*plan_.exprs[k], rows.row(i), context_.eval()));
            bytes += out->row(i)[plan_.slots[k]].MemoryBytes();
          }
          return charge_.Add(bytes);
        }));
    GRAPHDB_CO_RETURN_IF_ERROR(co_await context_.Work(rows.rows()));
    co_return true;
  }

 private:
  const ProjectNode& plan_;
  const std::unique_ptr<Operator> input_;
  MemoryCharge charge_;
};

class Unwind : public Operator {
 public:
  Unwind(ExecutionContext& context, const UnwindNode& plan)
      : Operator(context), plan_(plan), input_(plan.OpenChild(context)), charge_(context) {}

  txn::AsyncOr<bool> Next(Batch* out) override {
    out->Reset(plan_.width);
    const size_t most = context_.limits().batch_rows;
    while (out->rows() < most) {
      if (at_ == list_.list().size()) {
        // Rows that are ready go on before more are read.
        if (row_ + 1 >= rows_.rows() && !out->empty()) break;
        GRAPHDB_CO_ASSIGN_OR_RETURN(const bool more, co_await Advance());
        if (!more) co_return false;
        continue;
      }
      out->Add(rows_.row(row_))[plan_.slot] = list_.list()[at_++];
    }
    GRAPHDB_CO_RETURN_IF_ERROR(co_await context_.Work(out->rows()));
    co_return true;
  }

 private:
  // To the list of the next row. One list is held at a time.
  txn::AsyncOr<bool> Advance() {
    charge_.Clear();
    at_ = 0;
    if (++row_ >= rows_.rows()) {
      row_ = 0;
      GRAPHDB_CO_ASSIGN_OR_RETURN(const bool more, co_await input_->Next(&rows_));
      if (!more) co_return false;
    }
    while (true) {
      absl::StatusOr<Datum> value = Evaluate(*plan_.list, rows_.row(row_), context_.eval());
      if (value.ok()) {
        list_ = ToList(*std::move(value));
        break;
      }
      if (!IsNeedsFetch(value.status())) co_return value.status();
      // The rows after this one will ask likewise: fetch for all of them.
      for (size_t i = row_ + 1; i < rows_.rows(); ++i) {
        (void)Evaluate(*plan_.list, rows_.row(i), context_.eval());
      }
      GRAPHDB_CO_RETURN_IF_ERROR(co_await context_.FetchWanted());
    }
    GRAPHDB_CO_RETURN_IF_ERROR(charge_.Add(list_.MemoryBytes()));
    co_return true;
  }

  // Null unwinds to nothing, any other value to itself.
  static Datum ToList(Datum value) {
    if (value.is_null()) return Datum::List({});
    return value.is_list() ? value : Datum::List({std::move(value)});
  }

  const UnwindNode& plan_;
  const std::unique_ptr<Operator> input_;
  MemoryCharge charge_;
  Batch rows_;
  size_t row_ = 0;
  Datum list_ = Datum::List({});
  size_t at_ = 0;
};

class Paginate : public Operator {
 public:
  Paginate(ExecutionContext& context, const PaginateNode& plan)
      : Operator(context), plan_(plan), input_(plan.OpenChild(context)) {}

  txn::AsyncOr<bool> Next(Batch* out) override {
    if (!started_) {
      started_ = true;
      GRAPHDB_CO_RETURN_IF_ERROR(Start());
    }
    while (left_ > 0) {
      GRAPHDB_CO_ASSIGN_OR_RETURN(const bool more, co_await input_->Next(out));
      if (!more) co_return false;
      const uint64_t first = std::min<uint64_t>(skip_, out->rows());
      const uint64_t last = first + std::min<uint64_t>(left_, out->rows() - first);
      skip_ -= first;
      left_ -= last - first;
      if (first == last) continue;
      if (first > 0 || last < out->rows()) {
        std::vector<bool> keep(out->rows(), false);
        std::fill(keep.begin() + static_cast<int64_t>(first),
                  keep.begin() + static_cast<int64_t>(last), true);
        out->Keep(keep);
      }
      co_return true;
    }
    // A writing clause below does its work even if nobody wants its rows.
    while (context_.writes() && !drained_) {
      GRAPHDB_CO_ASSIGN_OR_RETURN(const bool more, co_await input_->Next(out));
      drained_ = !more;
    }
    co_return false;
  }

 private:
  absl::Status Start() {
    GRAPHDB_RETURN_IF_ERROR(Read(plan_.skip, "SKIP", &skip_));
    return Read(plan_.limit, "LIMIT", &left_);
  }

  absl::Status Read(const Expr* expr, absl::string_view word, uint64_t* to) {
    if (expr == nullptr) return absl::OkStatus();
    // Constants, but a comprehension among them needs its slots.
    DatumList scratch(plan_.width);
    GRAPHDB_ASSIGN_OR_RETURN(const Datum value, Evaluate(*expr, scratch.data(), context_.eval()));
    if (!value.is_integer()) {
      return RuntimeError("SyntaxError", "InvalidArgumentType",
                          absl::StrCat(word, " takes an integer, not ", WithArticle(value.kind())),
                          expr->begin);
    }
    if (value.integer() < 0) {
      return RuntimeError("SyntaxError", "NegativeIntegerArgument",
                          absl::StrCat(word, " can't be negative, it is ", value.integer()),
                          expr->begin);
    }
    *to = static_cast<uint64_t>(value.integer());
    return absl::OkStatus();
  }

  const PaginateNode& plan_;
  const std::unique_ptr<Operator> input_;
  uint64_t skip_ = 0;
  uint64_t left_ = UINT64_MAX;
  bool started_ = false;
  bool drained_ = false;
};

class PathBuild : public Operator {
 public:
  PathBuild(ExecutionContext& context, const PathBuildNode& plan)
      : Operator(context), plan_(plan), input_(plan.OpenChild(context)) {}

  txn::AsyncOr<bool> Next(Batch* out) override {
    GRAPHDB_CO_ASSIGN_OR_RETURN(const bool more, co_await input_->Next(out));
    if (!more) co_return false;
    for (size_t i = 0; i < out->rows(); ++i) {
      Datum* row = out->row(i);
      row[plan_.slot] = Build(row);
    }
    co_return true;
  }

 private:
  Datum Build(const Datum* row) {
    PathData path;
    if (!row[plan_.nodes[0]].is_node()) return Datum();
    path.nodes.push_back(row[plan_.nodes[0]].node());
    for (size_t i = 0; i < plan_.relationships.size(); ++i) {
      const Datum& hop = row[plan_.relationships[i]];
      const Datum& end = row[plan_.nodes[i + 1]];
      if (!end.is_node()) return Datum();
      if (hop.is_relationship()) {
        path.relationships.push_back(hop.relationship());
        path.nodes.push_back(end.node());
        continue;
      }
      if (!hop.is_list()) return Datum();
      for (size_t k = 0; k < hop.list().size(); ++k) {
        const RelationshipRef& step = hop.list()[k].relationship();
        const ElementId at = path.nodes.back()->node.id;
        const ElementId next =
            step->relationship.start == at ? step->relationship.end : step->relationship.start;
        path.relationships.push_back(step);
        path.nodes.push_back(k + 1 == hop.list().size() ? end.node() : context_.NodeById(next));
      }
    }
    return Datum::Path(std::move(path));
  }

  const PathBuildNode& plan_;
  const std::unique_ptr<Operator> input_;
};

}  // namespace

std::unique_ptr<Operator> FilterNode::Open(ExecutionContext& context) const {
  return std::make_unique<Filter>(context, *this);
}
std::string FilterNode::Describe() const {
  return absl::StrCat("Filter (", predicates.size(), ")");
}

std::unique_ptr<Operator> ProjectNode::Open(ExecutionContext& context) const {
  return std::make_unique<Project>(context, *this);
}
std::string ProjectNode::Describe() const { return absl::StrCat("Project (", exprs.size(), ")"); }

std::unique_ptr<Operator> UnwindNode::Open(ExecutionContext& context) const {
  return std::make_unique<Unwind>(context, *this);
}
std::string UnwindNode::Describe() const { return "Unwind"; }

std::unique_ptr<Operator> PaginateNode::Open(ExecutionContext& context) const {
  return std::make_unique<Paginate>(context, *this);
}
std::string PaginateNode::Describe() const {
  return skip == nullptr ? "Limit" : limit == nullptr ? "Skip" : "SkipLimit";
}

std::unique_ptr<Operator> PathBuildNode::Open(ExecutionContext& context) const {
  return std::make_unique<PathBuild>(context, *this);
}
std::string PathBuildNode::Describe() const { return "Path"; }

}  // namespace graphdb::cypher

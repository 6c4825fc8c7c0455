// Where rows come from: the single row, arguments, scans, nodes by id.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/cypher/co_status.h"
#include "core/cypher/evaluate.h"
#include "core/cypher/operators/nodes.h"

namespace graphdb::cypher {
namespace {

class SingleRow : public Operator {
 public:
  SingleRow(ExecutionContext& context, size_t width) : Operator(context), width_(width) {}
  txn::AsyncOr<bool> Next(Batch* out) override {
    if (std::exchange(done_, true)) co_return false;
    out->Reset(width_);
    out->Add();
    co_return true;
  }

 private:
  const size_t width_;
  bool done_ = false;
};

class Argument : public Operator {
 public:
  Argument(ExecutionContext& context, int id) : Operator(context), id_(id) {}
  txn::AsyncOr<bool> Next(Batch* out) override {
    if (std::exchange(done_, true) || context_.argument(id_)->empty()) co_return false;
    *out = *context_.argument(id_);
    co_return true;
  }

 private:
  const int id_;
  bool done_ = false;
};

// The scan is read once; where the input has many rows it is kept and joined
// with each of them.
class NodeScan : public Operator {
 public:
  NodeScan(ExecutionContext& context, const NodeScanNode& plan)
      : Operator(context), plan_(plan), input_(plan.OpenChild(context)), charge_(context) {}

  txn::AsyncOr<bool> Next(Batch* out) override {
    out->Reset(plan_.width);
    const size_t most = context_.limits().batch_rows;
    while (out->rows() < most) {
      if (at_ == nodes_.size() && !NextRow()) {
        // Rows that are ready go on before more are read.
        if (!out->empty()) break;
        GRAPHDB_CO_ASSIGN_OR_RETURN(const bool more, co_await Advance());
        if (!more) co_return false;
      }
      for (; at_ < nodes_.size() && out->rows() < most; ++at_) {
        if (nodes_[at_]->deleted) continue;
        out->Add(rows_.row(row_))[plan_.slot] = Datum::Node(nodes_[at_]);
      }
    }
    GRAPHDB_CO_RETURN_IF_ERROR(co_await context_.Work(out->rows()));
    co_return true;
  }

 private:
  // To the next row of the batch at hand, all nodes again.
  bool NextRow() {
    if (paged_ || nodes_.empty() || row_ + 1 >= rows_.rows()) return false;
    ++row_;
    at_ = 0;
    return true;
  }

  // To the next batch of the input, or the next page of the scan.
  txn::AsyncOr<bool> Advance() {
    if (rows_.empty() && !input_done_) {
      GRAPHDB_CO_ASSIGN_OR_RETURN(const bool first, co_await input_->Next(&rows_));
      if (!first) co_return false;
      Batch next;
      GRAPHDB_CO_ASSIGN_OR_RETURN(const bool more, co_await input_->Next(&next));
      if (more) ahead_.push_back(std::move(next));
      input_done_ = !more;
      paged_ = input_done_ && rows_.rows() == 1;
      if (!paged_) GRAPHDB_CO_RETURN_IF_ERROR(co_await ReadAll());
      if (!paged_) co_return !nodes_.empty();
    }
    if (paged_) {
      if (scan_done_) co_return false;
      nodes_.clear();
      at_ = 0;
      GRAPHDB_CO_RETURN_IF_ERROR(co_await ReadPage());
      co_return true;
    }
    at_ = 0;
    row_ = 0;
    if (!ahead_.empty()) {
      rows_ = std::move(ahead_.back());
      ahead_.pop_back();
      co_return true;
    }
    if (input_done_) co_return false;
    GRAPHDB_CO_ASSIGN_OR_RETURN(const bool more, co_await input_->Next(&rows_));
    input_done_ = !more;
    co_return more;
  }

  Task<absl::Status> ReadAll() {
    while (!scan_done_) GRAPHDB_CO_RETURN_IF_ERROR(co_await ReadPage());
    co_return absl::OkStatus();
  }

  Task<absl::Status> ReadPage() {
    GRAPHDB_CO_ASSIGN_OR_RETURN(txn::NodePage page,
                                co_await context_.transaction().ScanNodes(plan_.label, cursor_));
    for (graph::Node& node : page.nodes) {
      nodes_.push_back(context_.Adopt(std::move(node)));
      if (!paged_) {
        GRAPHDB_CO_RETURN_IF_ERROR(charge_.Add(Datum::Node(nodes_.back()).MemoryBytes()));
      }
    }
    GRAPHDB_CO_RETURN_IF_ERROR(co_await context_.Work(page.nodes.size()));
    scan_done_ = !page.next.has_value();
    cursor_ = std::move(page.next);
    co_return absl::OkStatus();
  }

  const NodeScanNode& plan_;
  const std::unique_ptr<Operator> input_;
  MemoryCharge charge_;
  Batch rows_;
  std::vector<Batch> ahead_;  // at most one batch, read to see whether there is more
  size_t row_ = 0;
  std::vector<NodeRef> nodes_;
  size_t at_ = 0;
  std::optional<std::string> cursor_;
  bool paged_ = false;
  bool scan_done_ = false;
  bool input_done_ = false;
};

class NodeById : public Operator {
 public:
  NodeById(ExecutionContext& context, const NodeByIdNode& plan)
      : Operator(context), plan_(plan), input_(plan.OpenChild(context)) {}

  txn::AsyncOr<bool> Next(Batch* out) override {
    out->Reset(plan_.width);
    while (out->empty()) {
      Batch rows;
      GRAPHDB_CO_ASSIGN_OR_RETURN(const bool more, co_await input_->Next(&rows));
      if (!more) co_return false;
      std::vector<std::vector<ElementId>> ids(rows.rows());
      GRAPHDB_CO_RETURN_IF_ERROR(co_await ForEachRow(
          context_, rows.rows(), [&](size_t i) { return IdsOf(rows.row(i), ids[i]); }));
      GRAPHDB_CO_RETURN_IF_ERROR(co_await Fetch(rows, ids, out));
    }
    GRAPHDB_CO_RETURN_IF_ERROR(co_await context_.Work(out->rows()));
    co_return true;
  }

 private:
  absl::Status IdsOf(Datum* row, std::vector<ElementId>& ids) {
    ids.clear();
    GRAPHDB_ASSIGN_OR_RETURN(const Datum value, Evaluate(*plan_.ids, row, context_.eval()));
    const auto add = [&](const Datum& id) {
      // The filter above still compares: 1.0 is equal to 1.
      int64_t number = -1;
      if (id.is_integer()) number = id.integer();
      if (id.is_float() && id.float_value() >= 0 && id.float_value() < 9.0e18) {
        number = static_cast<int64_t>(id.float_value());
      }
      if (number >= 0) ids.push_back(ElementId(static_cast<uint64_t>(number)));
    };
    if (!plan_.list) {
      add(value);
    } else if (value.is_list()) {
      for (const Datum& item : value.list()) add(item);
    }
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    return absl::OkStatus();
  }

  Task<absl::Status> Fetch(const Batch& rows, const std::vector<std::vector<ElementId>>& ids,
                           Batch* out) {
    std::vector<ElementId> all;
    for (const auto& some : ids) all.insert(all.end(), some.begin(), some.end());
    if (all.empty()) co_return absl::OkStatus();
    GRAPHDB_CO_ASSIGN_OR_RETURN(const std::vector<std::optional<graph::Node>> nodes,
                                co_await context_.transaction().GetNodes(all));
    if (nodes.size() != all.size()) co_return absl::InternalError("GetNodes: one answer per id");
    size_t at = 0;
    for (size_t i = 0; i < ids.size(); ++i) {
      for (size_t k = 0; k < ids[i].size(); ++k, ++at) {
        if (!nodes[at].has_value()) continue;
        NodeRef node = context_.Adopt(*nodes[at]);
        if (!node->deleted) out->Add(rows.row(i))[plan_.slot] = Datum::Node(std::move(node));
      }
    }
    co_return absl::OkStatus();
  }

  const NodeByIdNode& plan_;
  const std::unique_ptr<Operator> input_;
};

}  // namespace

std::unique_ptr<Operator> SingleRowNode::Open(ExecutionContext& context) const {
  return std::make_unique<SingleRow>(context, width);
}
std::string SingleRowNode::Describe() const { return "SingleRow"; }

std::unique_ptr<Operator> ArgumentNode::Open(ExecutionContext& context) const {
  return std::make_unique<Argument>(context, id);
}
std::string ArgumentNode::Describe() const { return "Argument"; }

std::unique_ptr<Operator> NodeScanNode::Open(ExecutionContext& context) const {
  return std::make_unique<NodeScan>(context, *this);
}
std::string NodeScanNode::Describe() const {
  return label.empty() ? "AllNodesScan" : absl::StrCat("LabelScan :", label);
}

std::unique_ptr<Operator> NodeByIdNode::Open(ExecutionContext& context) const {
  return std::make_unique<NodeById>(context, *this);
}
std::string NodeByIdNode::Describe() const { return list ? "NodesById" : "NodeById"; }

}  // namespace graphdb::cypher

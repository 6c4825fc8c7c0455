#include "prod/metrics/request_metrics.h"

#include <prometheus/counter.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include "absl/status/status.h"

namespace graphdb::prod {

struct RequestMetrics::Impl {
  prometheus::Registry registry;
  prometheus::Family<prometheus::Counter>& calls =
      prometheus::BuildCounter()
          .Name("graphdb_requests_total")
          .Help("Client calls by method and how they ended")
          .Register(registry);
  prometheus::Family<prometheus::Histogram>& seconds =
      prometheus::BuildHistogram()
          .Name("graphdb_request_seconds")
          .Help("Time from the arrival of a client call to its end")
          .Register(registry);
  const prometheus::Histogram::BucketBoundaries bounds{
      0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30};
};

RequestMetrics::RequestMetrics() : impl_(std::make_unique<Impl>()) {}
RequestMetrics::~RequestMetrics() = default;

void RequestMetrics::Count(const char* method, int code, int64_t microseconds) {
  const std::string name = absl::StatusCodeToString(static_cast<absl::StatusCode>(code));
  impl_->calls.Add({{"method", method}, {"code", name.empty() ? "OTHER" : name}}).Increment();
  impl_->seconds.Add({{"method", method}}, impl_->bounds)
      .Observe(static_cast<double>(microseconds) / 1e6);
}

std::string RequestMetrics::Text() const {
  return prometheus::TextSerializer().Serialize(impl_->registry.Collect());
}

}  // namespace graphdb::prod

#include "sim/migrate/restore_program.h"

#include <utility>

namespace graphdb::sim {
namespace {

class IdleProgram : public Program {
 public:
  absl::Status Start() override { return absl::OkStatus(); }
  void HandleClient(v1::ClientRequest, Reply reply) override {
    v1::ClientResponse response;
    response.set_last(true);
    response.mutable_error()->set_code(static_cast<int32_t>(absl::StatusCode::kUnavailable));
    response.mutable_error()->set_reason(v1::FORMING);
    reply(std::move(response));
  }
  void VisitReplicas(absl::FunctionRef<void(const ReplicaView&)>) const override {}
};

class JobSource : public env::ImportSource {
 public:
  explicit JobSource(RestoreJob* job) : job_(*job) {}
  absl::StatusOr<std::string> Read(uint64_t offset, uint64_t bytes) override {
    if (job_.rng.Chance(job_.read_error_percent, 100)) {
      return absl::UnavailableError("the file can't be read now (injected)");
    }
    if (offset >= job_.file.size()) return std::string();
    return job_.file.substr(offset, bytes);
  }

 private:
  RestoreJob& job_;
};

class RestoreProgram final : public IdleProgram {
 public:
  RestoreProgram(RestoreJob* job, env::Env& env) : job_(*job), env_(env), source_(job) {}

  absl::Status Start() override {
    auto restore = std::make_shared<migrate::Restore>(
        source_, env_.kv, env_.scheduler,
        [this](absl::StatusOr<storage::RestoreMarker> marker) { job_.result = std::move(marker); },
        LimitsOf(job_));
    restore->Start();
    return absl::OkStatus();
  }

 private:
  RestoreJob& job_;
  env::Env& env_;
  JobSource source_;
};

}  // namespace

migrate::Restore::Limits LimitsOf(const RestoreJob& job) {
  migrate::Restore::Limits limits;
  limits.batch_elements = job.batch;
  limits.compare_entries = job.batch;
  limits.piece_bytes = uint64_t{job.batch} * 200;
  return limits;
}

std::unique_ptr<Program> MakeRestoreProgram(RestoreJob* job, env::Env& env) {
  return std::make_unique<RestoreProgram>(job, env);
}

std::unique_ptr<Program> MakeIdleProgram() { return std::make_unique<IdleProgram>(); }

}  // namespace graphdb::sim

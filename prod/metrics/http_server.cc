#include "prod/metrics/http_server.h"

#include <httplib.h>

#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"

namespace graphdb::prod {
namespace {

constexpr int kThreads = 2;
constexpr char kText[] = "text/plain; charset=utf-8";
constexpr char kPrometheusText[] = "text/plain; version=0.0.4; charset=utf-8";

void Say(const absl::Status& status, httplib::Response* response) {
  response->status = status.ok() ? 200 : 503;
  response->set_content(status.ok() ? "ok\n" : absl::StrCat(status.message(), "\n"), kText);
}

}  // namespace

struct HttpServer::Impl {
  httplib::Server server;
  std::thread thread;
};

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

HttpServer::~HttpServer() {
  impl_->server.stop();
  impl_->thread.join();
}

absl::StatusOr<std::unique_ptr<HttpServer>> HttpServer::Start(const std::string& host, int port,
                                                              Pages pages) {
  auto impl = std::make_unique<Impl>();
  httplib::Server& server = impl->server;
  server.new_task_queue = [] { return new httplib::ThreadPool(kThreads); };
  server.set_payload_max_length(64 << 10);
  server.set_read_timeout(5);
  server.set_write_timeout(5);
  server.set_keep_alive_timeout(1);
  server.Get("/metrics",
             [metrics = pages.metrics](const httplib::Request&, httplib::Response& response) {
               const absl::StatusOr<std::string> text = metrics();
               if (text.ok()) {
                 response.set_content(*text, kPrometheusText);
               } else {
                 Say(text.status(), &response);
               }
             });
  server.Get("/healthz",
             [healthy = pages.healthy](const httplib::Request&, httplib::Response& response) {
               Say(healthy(), &response);
             });
  server.Get("/readyz",
             [ready = pages.ready](const httplib::Request&, httplib::Response& response) {
               Say(ready(), &response);
             });
  // The library's own default lets a second process share the port.
  server.set_socket_options([](socket_t socket) {
    const int on = 1;
    setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  });
  if (!server.bind_to_port(host, port)) {
    return absl::UnavailableError(
        absl::StrCat("metrics.listen_addr: can't listen on ", host, ":", port));
  }
  impl->thread = std::thread([&server] { server.listen_after_bind(); });
  // stop() before the thread is that far would be lost.
  while (!server.is_running()) std::this_thread::yield();
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

}  // namespace graphdb::prod

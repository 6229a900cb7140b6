#include "app/netw/interrupt.h"

#include <csignal>

namespace netw {

namespace {
volatile std::sig_atomic_t came = 0;

void remember(int signal) {
  came = 1;
  if (signal == SIGINT) std::signal(SIGINT, SIG_DFL);  // the key was pressed in earnest the second time
}
}  // namespace

void catchInterrupts() {
  struct sigaction action {};
  action.sa_handler = remember;
  action.sa_flags = SA_RESTART;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

bool interrupted() { return came != 0; }

}  // namespace netw

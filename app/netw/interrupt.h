// SIGINT and SIGTERM as a question that a loop asks.
#pragma once

namespace netw {

// From here on the first of them is remembered instead of ending the program. A second SIGINT ends it at once.
void catchInterrupts();
bool interrupted();

}  // namespace netw

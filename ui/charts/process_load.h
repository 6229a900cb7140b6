// What this process takes of the machine.
#pragma once

namespace ui {

class ProcessLoad {
 public:
  // The part of all cores since the last call, from 0 to 1; negative the first time.
  double cpu();
  static double memoryBytes();         // in RAM now

 private:
  double cpuSeconds_ = -1, wallSeconds_ = 0;
};

}  // namespace ui

// What a program sees of the driver where there is none: that it is there. Nothing in it is called; the stand-in has no driver below it.
extern "C" __attribute__((visibility("default"))) int cuDriverGetVersion(int* version) {
  constexpr int kCuda12 = 12000;
  *version = kCuda12;
  return 0;
}

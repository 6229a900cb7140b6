#!/bin/bash
# The rules' own test: a small good house passes, and each single breach in it is found, where it is and alone.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
house=$(mktemp -d)
trap 'rm -rf "$house"' EXIT
failures=0

good() {
  rm -rf "${house:?}"/*
  mkdir -p "$house"/{kernels,engine/ops,ui,app,tests,resources,packaging,build,build-other,p.runs}
  touch "$house"/{CMakeLists.txt,LICENSE,README.md,CMakePresets.json}
  printf '#include <vector>\n#include "kernels/device.h"\n' >"$house/kernels/pool.cpp"
  printf '// never <<<, nor cudaDeviceSynchronize\n#include "kernels/map.h"\nvoid basm(int);\n' >"$house/engine/ops/relu.cu"
  printf '#include <QWidget>\n#include "engine/graph/shape.h"\n' >"$house/ui/canvas.cpp"
  printf '#include "ui/canvas.h"\n' >"$house/app/main.cpp"
  echo 'target_link_libraries(engine PUBLIC kernels)' >"$house/engine/CMakeLists.txt"
}

# expect FILE LINE: with this line in this file there is exactly one breach, and it names the file.
expect() {
  local output
  good
  printf '%s\n' "$2" >>"$house/$1"
  if output=$(bash "$here/floors.sh" "$house"); then
    echo "not found: $1: $2"
  elif ! grep -qF "$1" <<<"$output" || ! grep -q '^1 breaches' <<<"$output"; then
    echo "found wrongly: $1: $2"; echo "$output"
  else
    return
  fi
  failures=$((failures + 1))
}

good
bash "$here/floors.sh" "$house" || { echo "a good house is refused"; failures=1; }
expect notes.txt 'a file that has no place'
expect kernels/pool.cpp '#include "engine/graph/shape.h"'
expect engine/ops/relu.cu '#include "ui/canvas.h"'
expect engine/ops/relu.cu '#  include <app/main.h>'
expect ui/canvas.cpp '#include "app/main.h"'
expect app/main.cpp '#include "tests/engine/nets.h"'
expect kernels/pool.cpp '#include <QString>'
expect engine/ops/relu.cu '#include <QtCore/qglobal.h>'
expect engine/ops/relu.cu '#include <qobject.h>'
expect engine/CMakeLists.txt 'target_link_libraries(engine PUBLIC Qt6::Core)'
expect kernels/CMakeLists.txt 'find_package(Qt6 COMPONENTS Core)'
expect engine/ops/relu.cu 'relu<<<grid, block>>>(x);'
expect engine/ops/relu.cu 'extern  __shared__ float tile[];'
expect kernels/pool.cpp 'void pause() { asm("pause"); }'
expect kernels/pool.cpp '__asm__ volatile ("pause");'
expect kernels/pool.cpp 'cudaDeviceSynchronize();'
expect engine/ops/relu.cu '#include "../graph/shape.h"'
expect engine/ops/relu.cu '#include "relu.h"'
[ $failures -eq 0 ]

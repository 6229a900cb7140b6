#!/bin/bash
# floors.sh ROOT: the rules of the house that no compiler checks. Prints each breach, and fails if there is one.
#   - The top level holds what it should and nothing else.
#   - A floor includes only itself and those below it: kernels <- engine <- ui <- app. No Qt below ui.
#   - Kernels are launched and synchronised in one place of the device layer, in a form that g++ can compile too.
set -uo pipefail
cd "$1" || exit 2
breaches=0
breach() { echo "$*"; breaches=$((breaches + 1)); }

allowed=' CMakeLists.txt CMakePresets.json LICENSE README.md app engine kernels packaging resources tests ui '
ignored='^(build.*|compile_commands\.json|.*\.runs)$'  # as .gitignore has them
for entry in *; do
  [[ $entry =~ $ignored || $allowed == *" $entry "* ]] || breach "$entry: not a thing of the top level"
done

# sources FLOOR: its files of code.
sources() { find "$1" -type f \( -name '*.h' -o -name '*.cpp' -o -name '*.cu' -o -name '*.cuh' -o -name '*.in' \) 2>/dev/null; }
# find_in FLOOR PATTERN: lines that match, without `//` comments. As FILE:LINE:TEXT.
find_in() {
  local file
  while read -r file; do
    sed 's://.*$::' "$file" | grep -nE "$2" | sed "s|^|$file:|"
  done < <(sources "$1")
}
# forbid FLOOR PATTERN REASON
forbid() {
  local line
  while read -r line; do breach "$line  <- $3"; done < <(find_in "$1" "$2")
}

include='^ *# *include *[<"]'
forbid kernels "$include(engine|ui|app|tests)/" "kernels is the lowest floor"
forbid engine "$include(ui|app|tests)/" "engine knows only kernels"
forbid ui "$include(app|tests)/" "ui knows only engine and kernels"
forbid app "$include(tests)/" "programs know no tests"
for floor in kernels engine; do
  forbid $floor "$include(Q[A-Z]|Qt|q[a-z]*\.h)" "no Qt below ui"
  while read -r line; do breach "$line  <- no Qt below ui"; done < <(grep -rnE 'Qt[0-9]*::|find_package\(Qt' --include=CMakeLists.txt --include='*.cmake' $floor)
  forbid $floor '<<<' "launch by kernels/device.h: g++ compiles this file too"
  forbid $floor 'extern +__shared__' "shared memory comes from the launch: g++ compiles this file too"
  forbid $floor '(^|[^A-Za-z0-9_])(__)?asm(__)?( +(__)?volatile(__)?)? *\(' "no assembler: g++ and nvcc compile one text"
  forbid $floor 'cudaDeviceSynchronize' "it stops every stream; wait for the plan's own"
done
for floor in kernels engine ui app; do
  forbid $floor "$include\.\./|$include[^/>\"]*\.(h|cuh)\"" "includes are written from the root"
done

[ $breaches -eq 0 ] || { echo "$breaches breaches of the house's rules"; exit 1; }

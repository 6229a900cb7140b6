# A display of its own (Xvfb), a window manager (openbox), one mouse and one keyboard (xdotool), and what is asked of the disk. For
# scripts that are called as SCRIPT NETWRIGHT NETW [FOLDER]; FOLDER gets a screenshot of each place on the way.
#
# Nothing is waited for by the clock alone: each gesture is done when its mark is on the disk, or the limit has passed.
set -uo pipefail

netwright=$(realpath "$1") netw=$(realpath "$2") shots=${3:-build/e2e}
readonly limit=120  # seconds; nothing takes so long on a machine that is alive
mkdir -p "$shots" && shots=$(realpath "$shots")
rm -f "$shots"/*.png
work=$(mktemp -d)
export XDG_DATA_HOME=$work/data XDG_CONFIG_HOME=$work/config XDG_CACHE_HOME=$work/cache XDG_RUNTIME_DIR=$work/runtime
export QT_QPA_PLATFORM=xcb QT_FONT_DPI=96 LC_ALL=C.UTF-8
mkdir -m 700 "$XDG_RUNTIME_DIR"
pids=()
finish() {
  local status=$? pid
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null; done
  [ $status -eq 0 ] && rm -rf "$work" || echo "what was there is in $work"
}
trap finish EXIT

number=0
shot() {
  number=$((number + 1))
  command -v import >/dev/null && import -window root "$shots/$(printf %02d $number)-$1.png"
}
fail() {
  echo "FAILED: $*" >&2
  shot failed
  exit 1
}
# until WHAT COMMAND...: tries until it succeeds.
until_() {
  local what=$1 end=$((SECONDS + limit))
  shift
  until "$@" 2>/dev/null; do
    [ $SECONDS -lt $end ] || fail "$what did not come"
    [ -z "${studio:-}" ] || kill -0 "$studio" 2>/dev/null || fail "the studio is gone, before $what"
    sleep 0.2
  done
}

# ---------------------------------------------------------------- hands ----

gestures=0  # keys, words, clicks and drags so far; not those that only save to look at the file
key() {
  gestures=$((gestures + $#))
  xdotool key --clearmodifiers --delay 30 "$@"
}
type_() {
  gestures=$((gestures + 1))
  xdotool type --clearmodifiers --delay 20 "$1"
}
move() { xdotool mousemove --window "$window" "$1" "$2"; }
click() {
  gestures=$((gestures + 1))
  move "$1" "$2"
  xdotool click 1
}
drag() {  # FROM_X FROM_Y TO_X TO_Y, in steps as a hand makes them
  local i
  gestures=$((gestures + 1))
  move "$1" "$2"
  xdotool mousedown 1
  for i in 1 2 3 4 5 6 7 8; do
    move $(($1 + ($3 - $1) * i / 8)) $(($2 + ($4 - $2) * i / 8))
    sleep 0.03
  done
  xdotool mouseup 1
}
replace() {  # what is in the field that has the focus
  key ctrl+a
  type_ "$1"
  key Return
}

titleIs() { [ "$(xdotool getwindowname "$window")" = "$1" ]; }
start() {  # ARGUMENTS...: the studio, its window in the corner of the screen
  "$netwright" "$@" &
  studio=$!
  pids+=($studio)
  until_ "the window" findWindow
  xdotool windowsize --sync "$window" 1440 870 windowmove "$window" 0 0 windowactivate --sync "$window"
  until_ "something in the window" painted
}
findWindow() { window=$(xdotool search --onlyvisible --pid "$studio" --name 'Netwright$' | tail -1) && [ -n "$window" ]; }
painted() { ! command -v import >/dev/null || [ "$(import -window root -resize 1x1 -format '%[fx:int(100*mean)]' info:)" -gt 50 ]; }
gone() { ! kill -0 "$1" 2>/dev/null; }
close() {
  local was=$studio
  key ctrl+w
  studio=
  until_ "the end of the studio" gone "$was"
  wait "$was" || fail "the studio ended with status $?"
}

# --------------------------------------------------------------- asserts ----

project=$work/mine.netw
# saved PATTERN: the project, saved now, has it (a Perl pattern; blanks and line ends between words do not count).
isSaved() {
  xdotool windowactivate --sync "$window"
  xdotool key --clearmodifiers --delay 30 ctrl+s
  tr -d ' \n' <"$project" | grep -qP "$1"
}
saved() { until_ "$1 in the project" isSaved "$1"; }
number_of() { tr -d ' \n' <"$project" | grep -oP '"type":"[A-Z]' | wc -l; }
stepsLogged() { grep -c '"lr"' "$1"; }
grows() {
  local before
  before=$(stat -c %s "$1") || return
  sleep 0.5
  [ "$(stat -c %s "$1")" -gt "$before" ]
}
rests() {
  local before
  before=$(stat -c %s "$1") || return
  sleep 2
  [ "$(stat -c %s "$1")" -eq "$before" ]
}

# ------------------------------------------------------------ the display ----

exec 3<>"$work/display"
# Without -noreset the display begins anew when its last client goes, and whoever comes at that moment is turned away.
Xvfb -displayfd 3 -screen 0 1440x900x24 -nolisten tcp -noreset >"$work/xvfb.log" 2>&1 &
pids+=($!)
until_ "the display" test -s "$work/display"
export DISPLAY=:$(head -1 "$work/display")
openbox >"$work/openbox.log" 2>&1 &
pids+=($!)
until_ "the window manager" eval "xdotool getmouselocation >/dev/null"

#!/bin/bash
# The studio without eyes and without a mouse: keys only, and what comes over the accessibility bus, as a screen reader gets it.
# A network is walked through, wired, broken and mended, edited by what its nodes and fields offer, trained and stopped.
#
#   screen_reader.sh NETWRIGHT NETW [FOLDER]    FOLDER (build/e2e/screen_reader) gets a screenshot of each place, and what was heard
set -- "$1" "$2" "${3:-build/e2e/screen_reader}"
/usr/bin/python3 -c 'import pyatspi' 2>/dev/null && command -v dbus-daemon >/dev/null || { echo "skipped: no python3-pyatspi or D-Bus"; exit 77; }
source "$(dirname "$0")/hands.sh"
"$netw" data fashion-mnist >/dev/null 2>&1 || { echo "skipped: fashion-mnist is not here"; exit 77; }

reader() { /usr/bin/python3 "$here/reader.py" "$@"; }
here=$(dirname "$(realpath "$0")")
heard=$shots/heard.txt

# A bus of its own, on which somebody says that a screen reader is here, as one does when it starts.
exec 4<>"$work/bus"
dbus-daemon --session --nofork --print-address=4 >"$work/dbus.log" 2>&1 &
pids+=($!)
until_ "the bus" test -s "$work/bus"
export DBUS_SESSION_BUS_ADDRESS=$(head -1 "$work/bus")
until_ "the accessibility bus" dbus-send --session --print-reply --dest=org.a11y.Bus /org/a11y/bus org.freedesktop.DBus.Properties.Set \
  string:org.a11y.Status string:IsEnabled variant:boolean:true >"$work/enabled"
reader listen >"$heard" 2>"$work/reader.log" &
pids+=($!)
until_ "the reader" grep -q listening "$heard"

# hears PATTERN [KEY...]: presses the keys; then it is heard, anew.
hears() {
  local pattern=$1 before
  shift
  before=$(wc -l <"$heard")
  [ $# -eq 0 ] || key "$@"
  until_ "to hear: $pattern" eval 'tail -n +$((before + 1)) "$heard" | grep -qP -- "$pattern"'
}

# It trains until it is told to stop.
sed 's/"epochs": 15/"epochs": 9000/' "$here/../../resources/templates/fashion-mlp.netw" >"$project"
start "$project"
until_ "the title" titleIs "mine - Netwright"
until_ "the studio on the bus" eval 'reader tell Network >/dev/null'

# From place to place, until the canvas: it says which layer one stands on.
for ((tries = 0; ; ++tries)); do
  [ $tries -lt 12 ] || fail "F6 does not come to the canvas"
  hears "^focus" F6
  tail -1 "$heard" | grep -q "^focus Network" && break
done
# Along the data, each with what comes out of it and what feeds it.
hears "^focus Input picture, 1 × 28 × 28: feeds flatten" Home Tab
hears "^focus Flatten flatten, 784 numbers: fed by picture; feeds layer1" Tab
hears "^focus Linear layer1, 256 numbers" Right
shot walked

# A wire by keys: where it would go, why not, and what became of it. The network is whole, so what is free is fed already.
hears "^said .*(Enter connects|would)" c
hears "^said" Right
key Escape

# What is deleted, what is wrong then, and back.
hears "^said (.*\. )?Problem: needs .*Delete" Delete
reader tell "1 problem, 1 hint" >/dev/null || fail "the problems are not counted"
hears "^said .*Undone: Delete" ctrl+z

# What a node offers, without the keyboard at all.
reader tell "Linear layer1, 256 numbers" >"$work/node" || fail "the node is not there"
for word in "list item" focusable showing node.rename node.connect node.bypass edit.delete; do
  grep -q -- "$word" "$work/node" || fail "a node lacks $word: $(cat "$work/node")"
done
before=$(wc -l <"$heard")
reader act "Dropout dropout1, 256 numbers" node.bypass || fail "a node cannot be bypassed by a reader"
until_ "to hear of it" eval 'tail -n +$((before + 1)) "$heard" | grep -q "^said Bypass"'
saved '"mode":"bypassed"'
reader tell "Dropout dropout1, bypassed" >"$work/node" || fail "a bypassed node does not say so"

# A field of the layer that is selected: by number.
reader act "Linear layer2, 128 numbers" SetFocus
until_ "the field" eval 'reader tell "Out features" >/dev/null'
[ "$(reader value "Out features" 96)" = 96.0 ] || fail "a field does not take a number from a reader"
saved '"out_features":96'

# Train, heard from start to end, by the button's own action.
before=$(wc -l <"$heard")
reader act Train Press
until_ "to hear that it trains" eval 'tail -n +$((before + 1)) "$heard" | grep -q "^said Epoch 1 of 9,000"'
shot training
hears "^said Run 1 stopped" ctrl+period
grep -q '"state": "stopped"' "$work/mine.runs/0001/run.json" || fail "the run did not stop"
cp "$work/reader.log" "$shots/reader.log"
[ ! -s "$work/reader.log" ] || fail "the reader complained: $(head -5 "$work/reader.log")"
echo "passed; heard $(wc -l <"$heard") things"

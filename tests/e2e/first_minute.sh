#!/bin/bash
# The first minute on the real program: a display of its own (Xvfb), a window manager (openbox), one mouse and one keyboard
# (xdotool). From an empty canvas: drag, wire, edit, train, pause, another rate, a step, on, stop, undo all, redo all, save,
# export, reopen; then README's own way, a template trained and evaluated. Asserts by what lies on the disk.
#
#   first_minute.sh NETWRIGHT NETW [FOLDER]    FOLDER (build/e2e) gets a screenshot of each place on the way
source "$(dirname "$0")/hands.sh"

# ------------------------------------------------- from the empty canvas ----

start
until_ "the first page" titleIs "Netwright"
shot welcome
key ctrl+n
until_ "an empty canvas" titleIs "Untitled - Netwright"
shot empty
key ctrl+s
until_ "the question for a name" xdotool search --onlyvisible --name "Save the project"
type_ "$project"
key Return
until_ "the file" test -s "$project"
until_ "the title" titleIs "mine - Netwright"

# The search finds the layer; its row is the first one below the group's name.
readonly rowX=110 rowY=184 y=300 left=420 middle=700
find_() {
  click 660 560  # the canvas
  key slash
  replace_search "$1"
}
replace_search() {
  key ctrl+a
  type_ "$1"
}
find_ Input
drag $rowX $rowY $left $y
saved '"type":"Input"'
key Return
replace 2
saved '"shape":\[2\]'
find_ Linear
drag $rowX $rowY $middle $y
saved '"type":"Linear"'
key Return
replace 24
saved '"out_features":24'
shot dragged
# A wire from the input of the one (its left edge, 84 from where it was dropped) back to the output of the other.
drag $((middle - 84)) $y $((left + 36)) $y
saved '"wires":\[[^]]'
click $middle $((y + 30))
key F2
replace_search hidden
key Return
saved '"name":"hidden"'
# What is selected feeds what is added.
for layer in Tanh Linear; do
  key slash
  replace_search $layer
  key Return
  saved "\"type\":\"$layer\".*\"wires\":"
done
saved '"type":"Tanh".*"type":"Linear"'
key Return
replace 2
saved '"out_features":2\D'
# The target at the cursor, by Space.
key Home
click 660 500
key space
type_ target
key Return
saved '"type":"Target"'
key ctrl+f
type_ linear
key Return
key slash
replace_search CrossEntropyLoss
key Return
saved '"type":"CrossEntropyLoss"'
key ctrl+shift+a Home
saved '"type":"CrossEntropyLoss"'
[ "$(number_of)" = 6 ] || fail "6 layers were added, the file has $(number_of)"
shot drawn

key ctrl+r
shot recipe
click 1362 172  # the data's source
type_ moons
key Return
saved '"source":"moons"'
# From the batch, where Ctrl+R goes, by Tab: the learning rate is the eighth field, the epochs are the first.
key ctrl+r Tab Tab Tab Tab Tab Tab Tab Tab
replace 0.02
saved '"lr":0.02\D'
key ctrl+r Tab
replace 100000
saved '"epochs":100000\D'
"$netw" check "$project" >"$work/check" || fail "netw finds fault with it: $(cat "$work/check")"
cp "$project" "$work/drawn.netw"

run=$work/mine.runs/0001
key ctrl+Return
until_ "the run" grows "$run/log.jsonl"
shot training
key ctrl+alt+Return
until_ "the pause" rests "$run/log.jsonl"
shot paused
key ctrl+k
type_ "learning rate"
key Return
until_ "the question for a rate" sleep 0.5
shot rate
replace 0.0005
key ctrl+shift+Return
shot step
key ctrl+Return
until_ "steps after the pause" grows "$run/log.jsonl"
shot goes_on
key ctrl+period
until_ "the record of the run" grep -q '"state": "stopped"' "$run/run.json"
shot stopped
steps=$(grep -oP '"steps": \K\d+' "$run/run.json")
[ "$(stepsLogged "$run/log.jsonl")" = "$steps" ] || fail "the log has $(stepsLogged "$run/log.jsonl") steps, the record $steps"
rates=$(grep -oP '"lr":\K[0-9.e-]+' "$run/log.jsonl" | uniq | xargs)
[ "$rates" = "0.02 0.0005" ] || fail "the rates were $rates"
cmp "$run/project.netw" "$work/drawn.netw" || fail "the run belongs to another project"

# Everything back, and forth again.
click 660 560
xdotool key --clearmodifiers --repeat 40 --delay 60 ctrl+z
saved '"nodes":\[\]'
shot undone
xdotool key --clearmodifiers --repeat 40 --delay 60 ctrl+shift+z
isRedone() { isSaved CrossEntropyLoss && cmp -s "$project" "$work/drawn.netw"; }
until_ "everything again" isRedone

# export_ FILE: by the panel; the program gives a file its name once it has proved it.
export_() {
  key ctrl+e
  sleep 0.5
  key ctrl+a
  type_ "$1"
  key Tab Tab space
  until_ "the exported file" test -s "$1"
}
export_ "$work/mine.onnx"
shot exported
# netw writes the same bytes from the run's weights.
mkdir "$work/netw" "$work/again"
"$netw" export "$run" "$work/netw/mine.onnx" >"$work/export" 2>&1 || fail "netw export: $(cat "$work/export")"
cmp "$work/mine.onnx" "$work/netw/mine.onnx" || fail "netw exports another file"
close

start "$project"
until_ "the project again" titleIs "mine - Netwright"
shot reopened
export_ "$work/again/mine.onnx"
cmp "$work/mine.onnx" "$work/again/mine.onnx" || fail "opened again it exports another file"
shot exported_again
close
cmp "$project" "$work/drawn.netw" || fail "opening and closing has changed the project"

# ------------------------------------------------------ README's first minute ----

if "$netw" data fashion-mnist >/dev/null 2>&1; then
  start --template fashion-mlp
  until_ "the template" titleIs "fashion-mlp - Netwright"
  sleep 0.5
  shot template
  key ctrl+Return
  until_ "the run" eval "ls >/dev/null $XDG_DATA_HOME/netwright/netwright/unsaved/*/untitled.runs/0001/log.jsonl"
  sleep 3
  shot template_training
  until_ "its end" eval "grep -q '\"state\": \"finished\"' $XDG_DATA_HOME/netwright/netwright/unsaved/*/untitled.runs/0001/run.json"
  sleep 1
  shot template_trained
  accuracy=$(tr -d ' \n' <"$(ls "$XDG_DATA_HOME"/netwright/netwright/unsaved/*/untitled.runs/0001/run.json)" | grep -oP '"test":\{[^}]*"accuracy":\K[0-9.]+')
  awk "BEGIN { exit !($accuracy > 0.87) }" || fail "only $accuracy of the test pictures are right"
  key ctrl+2
  sleep 3
  shot template_evaluate
  close
fi
echo "passed; $number screenshots in $shots"

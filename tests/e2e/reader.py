"""What an assistive technology hears of the studio over the accessibility bus (AT-SPI), and what it can do there.

    reader.py listen              writes a line for each thing that a screen reader would say at once, until it is ended:
                                  "focus NAME: DESCRIPTION" when the focus goes there, "said TEXT" for an announcement
    reader.py act NAME ACTION     does what the accessible of that name offers
    reader.py value NAME NUMBER   sets a number, and prints the one that is there afterwards
    reader.py tell NAME           prints its role, states and actions

Runs with Debian's python3-pyatspi. The status is 1 where nothing has the name, or it does not offer that.
"""

import sys

import pyatspi
from gi.repository import GLib


def studio():
    for program in pyatspi.Registry.getDesktop(0):
        if program and "netwright" in program.name:
            return program
    sys.exit("the studio is not on the bus")


def named(name):
    beside = (pyatspi.ROLE_LABEL, pyatspi.ROLE_FILLER)  # have the name of the field that they are beside or around

    def showing(it):
        return it.name == name and it.getRole() not in beside and it.getState().contains(pyatspi.STATE_SHOWING)

    found = pyatspi.findDescendant(studio(), showing)
    return found or sys.exit(f"nothing that is seen is called {name}")


def actions(of):
    try:
        offer = of.queryAction()
    except NotImplementedError:
        return None, []
    return offer, [offer.getName(i) for i in range(offer.nActions)]


def listen():
    def say(kind, event, role=None):
        it = event.source
        try:
            if not event.detail1 or role not in (None, it.getRole()):
                return
            it.clearCache()  # its name may have changed since the last time
            text = f"{it.name}: {it.description}" if it.description else it.name
            print(kind, text.replace("\n", " "), flush=True)
        except GLib.Error:
            pass  # it has gone meanwhile

    def focused(event):
        say("focus", event)

    def shown(event):
        say("said", event, pyatspi.ROLE_NOTIFICATION)

    pyatspi.Registry.registerEventListener(focused, "object:state-changed:focused")
    pyatspi.Registry.registerEventListener(shown, "object:state-changed:showing")
    print("listening", flush=True)
    pyatspi.Registry.start()


def act(name, action):
    offer, names = actions(named(name))
    if action not in names:
        sys.exit(f"{name} offers {names}, not {action}")
    offer.doAction(names.index(action))


def value(name, number):
    field = named(name).queryValue()
    field.currentValue = float(number)
    print(field.currentValue)


def tell(name):
    it = named(name)
    states = sorted(pyatspi.stateToString(s) for s in it.getState().getStates())
    print(f"{it.getRoleName()}; {' '.join(states)}; {' '.join(actions(it)[1])}")


if __name__ == "__main__":
    {"listen": listen, "act": act, "value": value, "tell": tell}[sys.argv[1]](*sys.argv[2:])

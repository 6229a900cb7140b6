// Geometry of a node on the canvas, in its units, from the tokens' sizes.
#pragma once

namespace ui::node_size {

inline constexpr double width = 168, narrow = 120, header = 40, footer = 32, pad = 12, tile = 24, radius = 8;
inline constexpr double preview = 52;  // the room of a live picture, above the footer
inline constexpr double portRadius = 5, portHit = 12, portFirst = 20, portPitch = 24, belowPorts = 8;
inline constexpr double halo = 5;    // around a selected node
inline constexpr double reach = 12;  // how far beyond its edge a node may paint: halo, ports with a ring, shadow
inline constexpr double costBar = 4;  // at the foot, the edge of the node included
inline constexpr double bendWidth = 40, bendHeight = 16;  // a reroute: its two ports, and between them room for a hand
inline constexpr double notePad = 10;  // above and below what a note says
inline constexpr double framePad = 16, frameTitle = 28;  // around what is in a frame, and above that for its title
inline constexpr double gap = 40;    // between a node and one that is appended to it

}  // namespace ui::node_size

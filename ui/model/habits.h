// What follows what: in a project, in the networks that ship, and in what was added so far. For lists that offer the next layer, the
// likely ones first.
#pragma once
#include <QHash>
#include <QString>

#include "engine/document/document.h"

namespace ui {

class Habits {
 public:
  // Counts of how often a type reads another one, and of how often it is there at all.
  struct Counts {
    QHash<QString, double> pairs, types;
    void add(const engine::document::Document& network, double weight = 1);
  };

  // `project` is counted once; the rest is known.
  explicit Habits(const engine::document::Document& project);
  // How likely `op` is wanted between these types; "" where there is none. 0: nobody ever used it. Rises with the logarithm of the
  // counts, so that a project of a hundred ReLUs still offers something else; the project at hand counts most, then the person.
  double of(const QString& before, const QString& op, const QString& after = {}) const;

  // Is kept from start to start; what was chosen long ago counts less and less.
  static void chose(const QString& before, const QString& op);

 private:
  Counts project_, person_;
};

}  // namespace ui

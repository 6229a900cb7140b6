#include "ui/shell/keys_sheet.h"

#include <QCoreApplication>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QScrollBar>
#include <QTreeWidget>
#include <QVBoxLayout>

#include "ui/model/fuzzy.h"
#include "ui/theme/style.h"
#include "ui/widgets/key_field.h"
#include "ui/widgets/search_line.h"

namespace ui {

namespace {

constexpr int kSheetWide = 760, kHigh = 700, kRowHigh = 28, kKeyWide = 200, kDefaultWide = 200, kKeyGap = 12;  // pixels
constexpr qsizetype kWholeWord = 3;  // letters from which a menu is found by its name
enum Column { kName, kKey, kDefault };
enum Data { kId = Qt::UserRole, kIndex };

const ActionInfo* infoOf(const QString& id) {
  for (const ActionInfo& info : actionTable())
    if (id == info.id) return &info;
  return nullptr;
}
QString nameOfAction(const QString& id) {
  const ActionInfo* info = infoOf(id);
  return info ? ui::nameOf(*info) : id;
}
QString nativeText(const QKeySequence& key) { return key.toString(QKeySequence::NativeText); }

}  // namespace

KeysSheet::KeysSheet(const Actions& actions, QWidget* window)
    : Sheet("keys_sheet", window), actions_(actions), search_(new QLineEdit(&card())), list_(new QTreeWidget(&card())), said_(new QLabel(&card())) {
  setTitle(tr("Keys"));
  closeButton().setObjectName("keys_close");
  search_->setObjectName("keys_search");
  search_->setAccessibleName(tr("Find an action or a key"));
  search_->setPlaceholderText(tr("Find an action or a key"));
  dressAsSearch(*search_);
  search_->installEventFilter(this);
  list_->setObjectName("keys_list");
  list_->setAccessibleName(tr("Actions and their keys"));
  list_->setProperty("kind", "panel");
  list_->setColumnCount(3);
  list_->setHeaderHidden(true);
  list_->setRootIsDecorated(false);
  list_->setIndentation(0);
  list_->setAllColumnsShowFocus(true);
  list_->header()->setStretchLastSection(false);
  list_->header()->setSectionResizeMode(kName, QHeaderView::Stretch);
  list_->header()->setSectionResizeMode(kKey, QHeaderView::Fixed);
  list_->header()->setSectionResizeMode(kDefault, QHeaderView::Fixed);
  list_->header()->resizeSection(kKey, kKeyWide);
  list_->header()->resizeSection(kDefault, kDefaultWide);
  list_->installEventFilter(this);
  said_->setObjectName("keys_said");
  said_->setWordWrap(true);
  said_->setMinimumHeight(36);

  auto* words = new QHBoxLayout;
  words->addWidget(said_, 1);
  auto* buttons = new QHBoxLayout;
  column().setSpacing(10);
  column().addWidget(search_);
  column().addWidget(list_, 1);
  column().addLayout(words);
  column().addLayout(buttons);
  words->addWidget(take_ = addButton("keys_take", tr("Take it from there"), "primary"));
  words->addWidget(cancel_ = addButton("keys_cancel", tr("Cancel"), ""));
  words->addWidget(putBack_ = addButton("keys_put_back", tr("Undo"), ""));
  buttons->addWidget(change_ = addButton("keys_change", tr("Change"), ""));
  buttons->addWidget(another_ = addButton("keys_another", tr("Add another"), ""));
  buttons->addWidget(remove_ = addButton("keys_remove", tr("Remove"), ""));
  buttons->addWidget(back_ = addButton("keys_back", tr("Back to the default"), ""));
  buttons->addStretch();
  buttons->addWidget(allBack_ = addButton("keys_all_back", tr("All back to the default"), "quiet"));

  connect(search_, &QLineEdit::textChanged, this, [this] {
    endTyping();
    question_.reset();
    say({});
    fill();
  });
  connect(list_, &QTreeWidget::currentItemChanged, this, [this] {
    endTyping();
    if (question_) QMetaObject::invokeMethod(this, [this] { answer(false); }, Qt::QueuedConnection);  // it makes the rows anew
    showButtons();
  });
  connect(list_, &QTreeWidget::itemDoubleClicked, this, [this](QTreeWidgetItem* item) {
    if (item == list_->currentItem()) type(false);
  });
  connect(list_->verticalScrollBar(), &QScrollBar::valueChanged, this, &KeysSheet::placeField);
  connect(list_->header(), &QHeaderView::sectionResized, this, &KeysSheet::placeField);
  connect(take_, &QPushButton::clicked, this, [this] { answer(true); });
  connect(cancel_, &QPushButton::clicked, this, [this] { answer(false); });
  connect(putBack_, &QPushButton::clicked, this, [this] {
    keepKeys(before_);
    say(tr("Your keys are here again."));
    list_->setFocus();
  });
  connect(change_, &QPushButton::clicked, this, [this] { type(false); });
  connect(another_, &QPushButton::clicked, this, [this] { type(true); });
  connect(remove_, &QPushButton::clicked, this, &KeysSheet::remove);
  connect(back_, &QPushButton::clicked, this, &KeysSheet::giveBack);
  connect(allBack_, &QPushButton::clicked, this, &KeysSheet::giveAllBack);
  const auto follow = [this] {
    if (!isVisible()) return;
    endTyping();
    fill();
  };
  connect(&keyWatcher(), &KeyWatcher::changed, this, follow);
  connect(&themeWatcher(), &ThemeWatcher::changed, this, follow);
}

QPushButton* KeysSheet::addButton(const char* name, const QString& text, const char* kind) {
  auto* button = new QPushButton(text, &card());
  button->setObjectName(name);
  button->setProperty("kind", kind);
  button->setAutoDefault(false);
  return button;
}

void KeysSheet::open() {
  question_.reset();
  endTyping();
  place(kSheetWide, kHigh);
  {
    const QSignalBlocker quiet(search_);
    search_->clear();
  }
  list_->clear();
  fill();
  say({});
  appear(search_);
}

// ----------------------------------------------------------------------------- rows ----

void KeysSheet::fill() {
  const std::optional<Place> was = current();
  book_ = keyBook();
  const QString pattern = search_->text().trimmed();
  const int scrolled = list_->verticalScrollBar()->value();
  const QSignalBlocker quiet(list_);
  list_->clear();
  QString menu;
  for (const ActionInfo& info : actionTable()) {
    if (info.id[0] == '-' || !actions_.isBound(info.id)) continue;
    const QString name = ui::nameOf(info), group = QCoreApplication::translate("actions", info.menu);
    const bool found = pattern.isEmpty() || fuzzyMatch(pattern, name) || ui::textOf(book_[info.id]).contains(pattern, Qt::CaseInsensitive) ||
                       (pattern.size() >= kWholeWord && group.startsWith(pattern, Qt::CaseInsensitive));
    if (!found) continue;
    if (menu != info.menu) {
      menu = info.menu;
      auto* head = new QTreeWidgetItem(list_, {group});
      head->setFlags(Qt::NoItemFlags);
      head->setFont(kName, ui::font(FontSize::body, QFont::DemiBold));
      head->setForeground(kName, theme().text.primary);
      head->setSizeHint(kName, {0, kRowHigh + 8});
      head->setFirstColumnSpanned(true);
    }
    addRows(info);
  }
  if (list_->topLevelItemCount() == 0) say(tr("No action and no key is called so."));
  list_->doItemsLayout();  // or there is nowhere to scroll to
  list_->verticalScrollBar()->setValue(scrolled);
  if (was) select(was->id, was->index);
  if (!current() && list_->topLevelItemCount() > 1) list_->setCurrentItem(list_->topLevelItem(1));
  showButtons();
}

void KeysSheet::addRows(const ActionInfo& info) {
  const auto& keys = book_[info.id];
  const auto initial = defaultKeys(info);
  for (int i = 0; i < std::max(1, int(keys.size())); ++i) {
    const QString key = i < keys.size() ? nativeText(keys[i]) : QString();
    auto* item = new QTreeWidgetItem(list_, {i == 0 ? "    " + ui::nameOf(info) : QString(), key});
    item->setData(kName, kId, QString(info.id));
    item->setData(kName, kIndex, i);
    item->setSizeHint(kName, {0, kRowHigh});
    item->setToolTip(kName, QCoreApplication::translate("actions", info.about));
    item->setData(kName, Qt::AccessibleTextRole, key.isEmpty() ? tr("%1, no key").arg(ui::nameOf(info)) : tr("%1, %2").arg(ui::nameOf(info), key));
    if (keys == initial) continue;
    item->setFont(kKey, ui::font(FontSize::body, QFont::DemiBold));
    item->setForeground(kKey, theme().text.link);
    if (i > 0) continue;
    item->setText(kDefault, initial.isEmpty() ? tr("default: none") : tr("default: %1").arg(ui::textOf(initial)));
    item->setFont(kDefault, ui::font(FontSize::small));
    item->setForeground(kDefault, theme().text.secondary);
    item->setToolTip(kDefault, item->text(kDefault));
  }
}

std::optional<KeysSheet::Place> KeysSheet::current() const {
  const QTreeWidgetItem* item = list_->currentItem();
  if (!item || item->data(kName, kId).isNull()) return {};
  return Place{item->data(kName, kId).toString(), item->data(kName, kIndex).toInt()};
}

// The row of this key, or the last one that the action has.
void KeysSheet::select(const QString& id, int index) {
  for (int i = 0; i < list_->topLevelItemCount(); ++i) {
    QTreeWidgetItem* item = list_->topLevelItem(i);
    if (item->data(kName, kId).toString() != id || item->data(kName, kIndex).toInt() > index) continue;
    list_->setCurrentItem(item);
    list_->scrollToItem(item);
  }
}

void KeysSheet::say(const QString& text, const char* tone) {
  said_->setText(text.isEmpty() ? tr("Double-click or Enter changes a key. What is chosen here holds in all windows, at once.") : text);
  setTone(said_, tone);
  take_->setVisible(question_.has_value());
  cancel_->setVisible(question_.has_value());
  putBack_->hide();
}

void KeysSheet::showButtons() {
  const auto place = current();
  const ActionInfo* info = place ? infoOf(place->id) : nullptr;
  const auto keys = place ? book_.value(place->id) : QList<QKeySequence>();
  const bool asks = question_.has_value();
  change_->setEnabled(place && !asks);
  another_->setEnabled(place && !keys.isEmpty() && !asks);
  remove_->setEnabled(place && !keys.isEmpty() && !asks);
  back_->setEnabled(info && keys != defaultKeys(*info) && !asks);
  bool any = false;
  for (const ActionInfo& each : actionTable())
    if (each.id[0] != '-' && book_.value(each.id) != defaultKeys(each)) any = true;
  allBack_->setEnabled(any && !asks);
}

// ------------------------------------------------------------------------- changing ----

void KeysSheet::type(bool another) {
  const auto place = current();
  if (!place || question_ || field_) return;
  typing_ = *place;
  const auto keys = book_.value(place->id);
  if (!another && place->index < keys.size() && !whyNotKey(keys[place->index]).isEmpty()) return say(tr("%1 stays: the canvas itself reads it.").arg(nativeText(keys[place->index])), "warning");
  if (another) typing_.index = int(keys.size());
  QTreeWidgetItem* item = list_->currentItem();
  if (another && !keys.isEmpty()) {
    select(place->id, int(keys.size()));
    const QSignalBlocker quiet(list_);
    item = new QTreeWidgetItem;
    list_->insertTopLevelItem(list_->indexOfTopLevelItem(list_->currentItem()) + 1, item);
    item->setSizeHint(kName, {0, kRowHigh});
    item->setData(kName, kId, place->id);
    item->setData(kName, kIndex, typing_.index);
    list_->setCurrentItem(item);
    list_->scrollToItem(item);
  }
  say(tr("Press the new key of “%1”. Esc cancels, Backspace removes the key.").arg(nameOfAction(place->id)));
  field_ = new KeyField(list_->viewport());
  field_->setObjectName("keys_field");
  placeField();
  field_->show();
  connect(field_, &KeyField::typed, this, &KeysSheet::take);
  connect(field_, &KeyField::cleared, this, [this] {
    endTyping();
    fill();
    select(typing_.id, typing_.index);
    if (typing_.index < book_.value(typing_.id).size()) remove();
    else say({});
  });
  connect(field_, &KeyField::cancelled, this, [this] {
    const bool left = !field_->hasFocus();
    endTyping();
    say({});
    // By a click, perhaps, on a row that must not move before it is hit.
    if (left) QMetaObject::invokeMethod(this, &KeysSheet::fill, Qt::QueuedConnection);
    else fill();
  });
  field_->setFocus();
}

// Over the key that it changes, wherever the list is scrolled to.
void KeysSheet::placeField() {
  if (!field_) return;
  const QRect row = list_->visualItemRect(list_->currentItem());
  field_->setGeometry(list_->header()->sectionViewportPosition(kKey), row.y(), kKeyWide - kKeyGap, row.height());
}

void KeysSheet::endTyping() {
  if (!field_) return;
  KeyField* field = std::exchange(field_, nullptr);
  field->disconnect(this);
  const bool focus = field->hasFocus();
  field->deleteLater();
  field->hide();
  if (focus) list_->setFocus();
}

void KeysSheet::take(const QKeySequence& key) {
  if (const QString why = whyNotKey(key); !why.isEmpty()) return say(why, "warning");
  auto keys = book_.value(typing_.id);
  const auto at = keys.indexOf(key);
  if (at >= 0 && at != typing_.index) return say(tr("“%1” has %2 already.").arg(nameOfAction(typing_.id), nativeText(key)), "warning");
  const Place place = typing_;
  if (place.index < keys.size()) keys[place.index] = key;
  else keys << key;
  wish(place.id, keys, tr("“%1” has the key %2 now.").arg(nameOfAction(place.id), nativeText(key)));
}

void KeysSheet::remove() {
  const auto place = current();
  auto keys = place ? book_.value(place->id) : QList<QKeySequence>();
  if (!place || place->index >= keys.size()) return say({});
  const QKeySequence key = keys[place->index];
  if (const QString why = whyNotKey(key); !why.isEmpty()) return say(tr("%1 stays: the canvas itself reads it.").arg(nativeText(key)), "warning");
  keys.removeAt(place->index);
  wish(place->id, keys, keys.isEmpty() ? tr("“%1” has no key now.").arg(nameOfAction(place->id)) : tr("“%1” has only %2 now.").arg(nameOfAction(place->id), ui::textOf(keys)));
}

void KeysSheet::giveBack() {
  const auto place = current();
  const ActionInfo* info = place ? infoOf(place->id) : nullptr;
  if (!info) return;
  const auto keys = defaultKeys(*info);
  wish(place->id, keys, keys.isEmpty() ? tr("“%1” has no key, as at first.").arg(ui::nameOf(*info)) : tr("“%1” has %2, as at first.").arg(ui::nameOf(*info), ui::textOf(keys)));
}

void KeysSheet::giveAllBack() {
  before_ = keyBook();
  KeyBook book;
  for (const ActionInfo& info : actionTable())
    if (info.id[0] != '-') book[info.id] = defaultKeys(info);
  keepKeys(book);
  say(tr("All keys are as at first."));
  putBack_->show();
  putBack_->setFocus();
}

void KeysSheet::wish(const QString& id, const QList<QKeySequence>& keys, const QString& done) {
  QStringList taken;
  for (const ActionInfo& info : actionTable())
    for (const QKeySequence& key : book_.value(info.id))
      if (id != info.id && keys.contains(key)) taken << tr("%1 is that of “%2”.").arg(nativeText(key), ui::nameOf(info));
  if (!taken.isEmpty()) {
    question_ = Question{id, keys};
    if (field_) field_->disconnect(this);  // it shows what was pressed until there is an answer
    say(taken.join(" "), "warning");
    showButtons();
    take_->setFocus();
    return;
  }
  endTyping();
  KeyBook book = keyBook();
  book[id] = keys;
  keepKeys(book);
  select(id, typing_.id == id ? typing_.index : 0);
  list_->setFocus();
  say(done);
}

void KeysSheet::answer(bool yes) {
  if (!question_) return;
  const Question question = *std::exchange(question_, std::nullopt);
  endTyping();
  if (!yes) {
    fill();
    say(tr("Nothing was changed."));
    list_->setFocus();
    return;
  }
  KeyBook book = keyBook();
  QStringList losers;
  for (const ActionInfo& info : actionTable()) {
    if (info.id[0] == '-' || question.id == info.id) continue;
    auto& keys = book[info.id];
    if (keys.removeIf([&](const QKeySequence& key) { return question.keys.contains(key); }) == 0) continue;
    losers << (keys.isEmpty() ? tr("“%1” has no key now.").arg(ui::nameOf(info)) : tr("“%1” keeps %2.").arg(ui::nameOf(info), ui::textOf(keys)));
  }
  book[question.id] = question.keys;
  keepKeys(book);
  select(question.id, typing_.id == question.id ? typing_.index : 0);
  list_->setFocus();
  say(tr("“%1” has %2 now.").arg(nameOfAction(question.id), ui::textOf(question.keys)) + " " + losers.join(" "));
}

// ------------------------------------------------------------------------------ keys ----

void KeysSheet::escape() {
  if (question_) return answer(false);
  dismiss();
}

bool KeysSheet::eventFilter(QObject* watched, QEvent* event) {
  if ((watched != search_ && watched != list_) || event->type() != QEvent::KeyPress) return Sheet::eventFilter(watched, event);
  auto* key = static_cast<QKeyEvent*>(event);
  const bool bare = !(key->modifiers() & (Qt::ControlModifier | Qt::AltModifier | Qt::MetaModifier));
  if (key->key() == Qt::Key_Return || key->key() == Qt::Key_Enter) {
    type(false);
    return true;
  }
  if (watched == search_) {
    if (key->key() == Qt::Key_Up || key->key() == Qt::Key_Down || key->key() == Qt::Key_PageUp || key->key() == Qt::Key_PageDown) {
      QCoreApplication::sendEvent(list_, event);
      return true;
    }
    if (key->key() != Qt::Key_Escape) return false;
    if (search_->text().isEmpty()) escape();
    else search_->clear();
    return true;
  }
  if (key->key() == Qt::Key_Delete || key->key() == Qt::Key_Backspace) {
    remove();
    return true;
  }
  if (key->key() == Qt::Key_Escape) {
    escape();
    return true;
  }
  // Letters go on searching.
  if (bare && !key->text().isEmpty() && key->text()[0].isPrint() && key->key() != Qt::Key_Space) {
    search_->setFocus();
    search_->setText(search_->text() + key->text());
    return true;
  }
  return false;
}

}  // namespace ui

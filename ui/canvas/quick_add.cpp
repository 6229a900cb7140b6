#include "ui/canvas/quick_add.h"

#include <QApplication>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QPainter>
#include <QStyledItemDelegate>
#include <QVBoxLayout>

#include "ui/canvas/cards.h"
#include "ui/canvas/node_look.h"
#include "ui/model/text.h"
#include "ui/theme/mirror.h"
#include "ui/theme/theme.h"
#include "ui/theme/tile.h"
#include "ui/widgets/search_line.h"

namespace ui {
namespace {

constexpr int kQuickWidth = 412, kQuickRow = 36, kQuickRows = 7, kQuickTile = 24;
constexpr int kGives = 104, kParameters = 84;  // columns at the right

class Row : public QStyledItemDelegate {
 public:
  Row(const Choices& choices, QObject* parent) : QStyledItemDelegate(parent), choices_(choices) {}
  QSize sizeHint(const QStyleOptionViewItem&, const QModelIndex&) const override { return {kQuickWidth, kQuickRow}; }
  void paint(QPainter* p, const QStyleOptionViewItem& option, const QModelIndex& index) const override {
    const Theme& t = theme();
    const Choice& choice = choices_.at(index.row());
    p->save();
    p->setRenderHint(QPainter::Antialiasing);
    const QRect r = option.rect;
    if (option.state & QStyle::State_Selected) {
      p->setPen(Qt::NoPen);
      p->setBrush(t.accent.soft);
      p->drawRoundedRect(r.adjusted(0, 1, 0, -1), 6, 6);
    }
    const Mirror placed(option.direction, r);
    if (!choice.fits) p->setOpacity(0.45);
    paintTile(*p, placed(QRectF(r.left() + 8, r.center().y() - kQuickTile / 2 + 1, kQuickTile, kQuickTile)), choice.op, choice.group);
    p->setOpacity(choice.fits ? 1 : 0.6);
    // The name with the typed letters bold.
    int x = r.left() + 42;
    const auto part = [&](const QString& text, QFont::Weight weight, const QColor& color, FontSize size) {
      const QFont f = font(size, weight);
      p->setFont(f);
      p->setPen(color);
      p->drawText(QRect(x, r.top(), r.width(), r.height()), Qt::AlignVCenter | Qt::AlignLeft | Qt::AlignAbsolute, text);
      x += QFontMetrics(f).horizontalAdvance(text);
    };
    const QFontMetrics plain(font(FontSize::body)), bold(font(FontSize::body, QFont::DemiBold));
    int wide = 0;
    for (int i = 0; i < choice.op.size(); ++i) wide += (choice.marked.contains(i) ? bold : plain).horizontalAdvance(choice.op[i]);
    // A name is read from left to right, wherever it stands.
    x = placed(QRect(x, r.top(), wide, r.height())).left();
    for (int first = 0, last; first < choice.op.size(); first = last) {
      const bool marked = choice.marked.contains(first);
      for (last = first + 1; last < choice.op.size() && choice.marked.contains(last) == marked; ++last) {
      }
      part(choice.op.mid(first, last - first), marked ? QFont::DemiBold : QFont::Normal, t.text.primary,
           FontSize::body);
    }
    const bool hasShape = !choice.gives.isEmpty() || !choice.parameters.isEmpty();
    if (!hasShape) {
      const QFontMetrics metrics(ui::font(FontSize::caption));
      const QString note = choice.fits ? choice.title : choice.reason;
      const QRect beside = r.adjusted(42 + wide + 10, 0, -8, 0);
      p->setFont(ui::font(FontSize::caption));
      p->setPen(t.text.secondary);
      if (note != choice.op) p->drawText(placed(beside), Qt::AlignVCenter | Qt::AlignLeft, metrics.elidedText(note, Qt::ElideRight, beside.width()));
    } else {
      p->setFont(monoFont(FontSize::caption));
      p->setPen(t.text.primary);
      p->drawText(placed(QRect(r.right() - kParameters - kGives, r.top(), kGives, r.height())),
                  Qt::AlignVCenter | Qt::AlignRight, choice.gives);
      p->setFont(ui::font(FontSize::caption));
      p->setPen(choice.parameters == Choices::tr("none") ? t.text.secondary : t.text.primary);
      p->drawText(placed(QRect(r.right() - kParameters, r.top(), kParameters - 10, r.height())),
                  Qt::AlignVCenter | Qt::AlignRight, choice.parameters);
    }
    p->restore();
  }

 private:
  const Choices& choices_;
};

}  // namespace

QuickAdd::QuickAdd(QWidget* canvas) : QWidget(canvas) {
  setObjectName("canvas.quick_add");
  setAccessibleName(tr("Add a layer"));
  setFocusPolicy(Qt::NoFocus);
  choices_ = new Choices(this);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(kCardShadow + 8, kCardShadow + 6, kCardShadow + 8, kCardShadow + 8);
  column->setSpacing(4);

  field_ = new QLineEdit(this);
  field_->setObjectName("canvas.quick_add.field");
  field_->setAccessibleName(tr("Search a layer to add"));
  field_->setPlaceholderText(tr("Search a layer to add"));
  dressAsSearch(*field_, false);
  field_->installEventFilter(this);
  column->addWidget(field_);

  auto* heads = new QHBoxLayout;
  heads->setContentsMargins(8, 4, 10, 0);
  heads->setSpacing(0);
  const auto head = [&](QLabel*& label, int width) {
    label = new QLabel(this);
    label->setProperty("tone", "secondary");
    label->setFont(ui::font(FontSize::caption));
    if (width > 0) label->setFixedWidth(width), label->setAlignment(Qt::AlignRight);
    heads->addWidget(label, width > 0 ? 0 : 1);
  };
  QLabel *gives = nullptr, *parameters = nullptr;
  head(count_, 0);
  head(gives, kGives);
  head(parameters, kParameters - 10);
  gives->setText(tr("gives"));
  parameters->setText(tr("parameters"));
  gives->setObjectName("gives");
  parameters->setObjectName("parameters");
  column->addLayout(heads);

  list_ = new QListView(this);
  list_->setObjectName("canvas.quick_add.list");
  list_->setAccessibleName(tr("Layers"));
  list_->setModel(choices_);
  list_->setItemDelegate(new Row(*choices_, this));
  list_->setUniformItemSizes(true);
  list_->setMouseTracking(true);
  list_->setFocusPolicy(Qt::NoFocus);
  list_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  list_->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
  list_->viewport()->setAutoFillBackground(false);
  list_->setStyleSheet("QListView { background: transparent; }");
  column->addWidget(list_);

  auto* line = new QFrame(this);
  line->setProperty("kind", "line");
  line->setFixedHeight(1);
  column->addWidget(line);
  const auto foot = [&](QLabel*& label, const char* tone) {
    label = new QLabel(this);
    label->setFont(ui::font(FontSize::caption));
    label->setIndent(8);
    if (tone) label->setProperty("tone", tone);
    column->addWidget(label);
  };
  foot(about_, nullptr);
  about_->setWordWrap(true);
  about_->setMinimumHeight(2 * QFontMetrics(ui::font(FontSize::caption)).height());
  about_->setAlignment(Qt::AlignVCenter | Qt::AlignLeft);
  foot(more_, "secondary");

  connect(field_, &QLineEdit::textEdited, this, &QuickAdd::refresh);
  connect(list_, &QListView::clicked, this, &QuickAdd::choose);
  connect(list_->selectionModel(), &QItemSelectionModel::currentChanged, this, &QuickAdd::showCurrent);
  hide();
}

void QuickAdd::ask(QPoint at, const Project& project, const std::vector<PortRef>& ports) {
  all_ = false;
  choices_->begin(project, ports);
  field_->clear();
  const bool shapes = !choices_->value().shape.isMissing();
  findChild<QLabel*>("gives")->setVisible(shapes);
  findChild<QLabel*>("parameters")->setVisible(shapes);
  refresh();
  setFixedWidth(kQuickWidth + 2 * kCardShadow);
  wish_ = at + QPoint(4, -34);
  place();
  raise();
  show();
  field_->setFocus(Qt::PopupFocusReason);
}

// As tall as what it shows, and inside the canvas.
void QuickAdd::place() {
  list_->setFixedHeight(kQuickRow);
  const int other = layout()->totalSizeHint().height() - kQuickRow;
  list_->setFixedHeight(
      kQuickRow * std::clamp((parentWidget()->height() - other) / kQuickRow, 2, std::clamp(choices_->count(), 2, kQuickRows)));
  layout()->activate();
  setFixedHeight(layout()->totalSizeHint().height());
  move(std::clamp(wish_.x(), 0, std::max(0, parentWidget()->width() - width())),
       std::clamp(wish_.y(), 0, std::max(0, parentWidget()->height() - height())));
}

void QuickAdd::close() {
  if (!isVisible()) return;
  // What took the focus from it keeps it: a field that was clicked on, a name that is being written.
  const QWidget* focus = QApplication::focusWidget();
  const bool isElsewhere = focus && !isAncestorOf(focus);
  hide();
  if (!isElsewhere) emit closed();
}

void QuickAdd::refresh() {
  choices_->filter(field_->text().trimmed(), all_ || choices_->fitting() == 0);
  const int hidden = choices_->total() - choices_->fitting();
  const auto& value = choices_->value();
  QString head =
      value.shape.isMissing() ? tr("%n layers", nullptr, choices_->count()) : tr("Fits %1").arg(textOf(value.shape));
  count_->setText(head);
  more_->setText((hidden == 0 ? QString()
                  : all_      ? tr("All are shown.  Tab hides what does not fit.   ")
                              : tr("%1 more do not fit here.  Tab shows them.   ").arg(hidden)) +
                 tr("Enter adds, Esc cancels."));
  list_->setCurrentIndex(choices_->index(0));
  list_->scrollToTop();
  showCurrent();
  place();
}

void QuickAdd::showCurrent() {
  const QModelIndex current = list_->currentIndex();
  if (!current.isValid()) about_->setText(tr("No layer is called like that."));
  else {
    const Choice& choice = choices_->at(current.row());
    about_->setText(choice.fits ? choice.about : choice.reason);
  }
}

void QuickAdd::choose() {
  const QModelIndex current = list_->currentIndex();
  if (!current.isValid()) return;
  const QString op = choices_->at(current.row()).op;
  hide();
  emit chosen(op);
}

bool QuickAdd::eventFilter(QObject* watched, QEvent* event) {
  if (watched != field_) return QWidget::eventFilter(watched, event);
  if (event->type() == QEvent::FocusOut) {
    close();
    return false;
  }
  if (event->type() == QEvent::ShortcutOverride) {
    const int key = static_cast<QKeyEvent*>(event)->key();
    if (key == Qt::Key_Escape || key == Qt::Key_Return || key == Qt::Key_Enter || key == Qt::Key_Tab) event->accept();
    return false;
  }
  if (event->type() != QEvent::KeyPress) return QWidget::eventFilter(watched, event);
  const int row = list_->currentIndex().row(), count = choices_->count();
  const auto go = [&](int to) {
    if (count > 0) list_->setCurrentIndex(choices_->index(std::clamp(to, 0, count - 1)));
    return true;
  };
  switch (static_cast<QKeyEvent*>(event)->key()) {
    case Qt::Key_Down: return go(row + 1);
    case Qt::Key_Up: return go(row - 1);
    case Qt::Key_PageDown: return go(row + kQuickRows);
    case Qt::Key_PageUp: return go(row - kQuickRows);
    case Qt::Key_Return:
    case Qt::Key_Enter: choose(); return true;
    case Qt::Key_Escape: close(); return true;
    case Qt::Key_Tab:
      all_ = !all_;
      refresh();
      return true;
    default: return false;
  }
}

void QuickAdd::paintEvent(QPaintEvent*) {
  QPainter p(this);
  paintCard(p, rect(), theme().line.border, 10);
}

}  // namespace ui

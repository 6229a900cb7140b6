// A language that nobody speaks: every text of ours a third longer, with accents, in brackets. What stands without brackets was not
// given to a translator, and what has no room now will have none in German. It also keeps what it was asked for.
#pragma once
#include <QRegularExpression>
#include <QSet>
#include <QTranslator>

class PseudoLocale : public QTranslator {
 public:
  static constexpr double kLonger = 0.3;

  bool isEmpty() const override { return false; }
  QString translate(const char* context, const char* text, const char*, int) const override {
    // Qt's own texts, its names of keys among them, stay.
    if (*context == 'Q' || !*text || !QString(text).contains(QRegularExpression("[A-Za-z]"))) return {};
    asked_.insert({context, text});
    return spoken(QByteArray(context) == "fields" ? QString(text).replace('_', ' ') : QString(text));  // words, from the name in files
  }

  static QString spoken(const QString& text) {
    static const QHash<QChar, QChar> accents{{'a', u'á'}, {'c', u'č'}, {'d', u'ď'}, {'e', u'ě'}, {'i', u'í'}, {'n', u'ň'}, {'o', u'ó'}, {'r', u'ř'},
                                             {'s', u'š'}, {'t', u'ť'}, {'u', u'ů'}, {'y', u'ý'}, {'z', u'ž'}};
    // Arguments, entities and tags are no words.
    static const QRegularExpression kept("%L?[0-9n]|\\{[0-9]+\\}|<[^>]*>|&[a-z]+;");
    QString out;
    qsizetype letters = 0, from = 0;
    const auto say = [&](const QString& words) {
      for (const QChar c : words) out += accents.value(c, c), letters += !c.isSpace();
    };
    for (auto it = kept.globalMatch(text); it.hasNext();) {
      const auto match = it.next();
      say(text.mid(from, match.capturedStart() - from));
      out += match.captured();
      from = match.capturedEnd();
    }
    say(text.mid(from));
    return "[" + out + QString(std::max<qsizetype>(1, qsizetype(double(letters) * kLonger) - 2), '~') + "]";
  }
  // What is left of a text without what a translator gave: names and numbers, if all is well.
  static QString unspoken(QString text) {
    text.replace(QRegularExpression("<[^>]*>"), " ").replace("&nbsp;", " ");
    for (qsizetype from = text.indexOf('['); from >= 0; from = text.indexOf('[')) {
      qsizetype end = from, depth = 0;
      for (; end < text.size(); ++end) {
        depth += (text[end] == '[') - (text[end] == ']');
        if (depth == 0) break;
      }
      text.remove(from, end - from + 1);
    }
    return text.simplified();
  }

  // As context and text.
  const QSet<std::pair<QByteArray, QByteArray>>& asked() const { return asked_; }

 private:
  mutable QSet<std::pair<QByteArray, QByteArray>> asked_;
};

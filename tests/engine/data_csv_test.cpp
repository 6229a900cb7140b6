// Tables of text: what becomes a feature, a target and a class; separators, quotes, names; and where a mistake is.
#include <QTemporaryDir>
#include <QtTest>
#include <fstream>
#include <numeric>

#include "engine/data/csv.h"
#include "engine/data/open.h"
#include "engine/data/split.h"

using namespace engine;
using namespace engine::data;

namespace {

Result<SourcePointer> parse(std::string_view text, const std::string& target = {}, int64_t limit = memoryOfMachine()) {
  return parseCsv(std::as_bytes(std::span(text)), "some.csv", target, limit);
}

template <class T>
std::vector<T> values(const Source& source, const char* name) {
  const int column = source.columnNamed(name);
  if (column < 0) return {};
  std::vector<int64_t> rows(size_t(source.size(Part::train)));
  std::iota(rows.begin(), rows.end(), int64_t(0));
  std::vector<T> all(rows.size() * size_t(source.columns()[size_t(column)].rowElements()));
  return source.read(Part::train, rows, column, all.data()) ? all : std::vector<T>();
}

QString problemOf(std::string_view text) {
  const auto source = parse(text);
  return source ? "no problem" : QString::fromStdString(withPlace(source.error()));
}

}  // namespace

class DataCsvTest : public QObject {
  Q_OBJECT
 private slots:
  void wordsAreTheClasses() {
    const auto source = parse("length,kind,width\n1.5,dog,2\n-2,cat,3\n2.5e-1,dog,4\n");
    QVERIFY2(source, source ? "" : withPlace(source.error()).c_str());
    const auto& columns = (*source)->columns();
    QCOMPARE(columns.size(), size_t(4));
    QVERIFY((columns[0] == Column{"features", Type::f64, {2}, {}}));
    QVERIFY((columns[1] == Column{"kind", Type::i64, {}, {"cat", "dog"}}));
    QVERIFY((columns[2] == Column{"length", Type::f64, {}, {}}));
    QVERIFY((columns[3] == Column{"width", Type::i64, {}, {}}));
    QCOMPARE(values<double>(**source, "features"), (std::vector<double>{1.5, 2, -2, 3, 0.25, 4}));
    QCOMPARE(values<int64_t>(**source, "kind"), (std::vector<int64_t>{1, 0, 1}));
    QCOMPARE(values<int64_t>(**source, "width"), (std::vector<int64_t>{2, 3, 4}));
    QVERIFY((*source)->lints().empty());
  }

  void theTargetIsNoFeature() {
    const char* text = "a,b,c\n1,2,3\n4,5,6\n";
    QCOMPARE(values<double>(**parse(text), "features"), (std::vector<double>{1, 2, 4, 5}));  // the last one, if none is named
    QCOMPARE(values<double>(**parse(text, "a"), "features"), (std::vector<double>{2, 3, 5, 6}));
    QCOMPARE((*parse(text, "a"))->columns()[1].name, std::string("a"));
    // Words beside the target are told and left out.
    const auto both = parse("town,n,kind\nx,1,p\ny,2,q\n", "kind");
    QVERIFY(both);
    QCOMPARE(values<double>(**both, "features"), (std::vector<double>{1, 2}));
    QCOMPARE((*both)->lints().size(), size_t(1));
    QVERIFY(withPlace((*both)->lints()[0]).find("column town") != std::string::npos);
  }

  void separatorsNamesAndQuotes_data() {
    QTest::addColumn<QByteArray>("text");
    QTest::newRow("comma") << QByteArray("a,b\n1.5,x y\n2,z\n");
    QTest::newRow("no newline at the end") << QByteArray("a,b\n1.5,x y\n2,z");
    QTest::newRow("Windows") << QByteArray("\xEF\xBB\xBF" "a,b\r\n1.5,x y\r\n2,z\r\n");
    QTest::newRow("semicolon, decimal comma") << QByteArray("a;b\n1,5;x y\n2;z\n");
    QTest::newRow("tab") << QByteArray("a\tb\n1.5\tx y\n2\tz\n");
    QTest::newRow("blanks") << QByteArray("a , b\n 1.5 , x y \n\n+2,  z\n");
    QTest::newRow("quotes") << QByteArray("\"a\",\"b\"\n\"1.5\",\"x y\"\n2 , \"z\" \n");
  }
  void separatorsNamesAndQuotes() {
    QFETCH(QByteArray, text);
    const auto source = parse(text.toStdString());
    QVERIFY2(source, source ? "" : withPlace(source.error()).c_str());
    QCOMPARE(values<double>(**source, "a"), (std::vector<double>{1.5, 2}));
    const Column& b = (*source)->columns()[size_t((*source)->columnNamed("b"))];
    QCOMPARE(b.classes, (std::vector<std::string>{"x y", "z"}));
  }

  void whatQuotesHold() {
    const auto source = parse("n,w\n1,\"a, \"\"b\"\"\"\n2,\"two\nlines\"\n3,\"\"\"\"\n");
    QVERIFY2(source, source ? "" : withPlace(source.error()).c_str());
    QCOMPARE((*source)->columns()[1].classes, (std::vector<std::string>{"\"", "a, \"b\"", "two\nlines"}));
    QVERIFY(problemOf("n,w\n1,\"two\nlines\"\n2\n").contains("2 fields in line 4"));  // lines are counted in quotes too
  }

  void columnsWithoutNames() {
    const auto source = parse("5.1,3,setosa\n4,2,virginica\n");
    QVERIFY(source);
    QCOMPARE((*source)->size(Part::train), int64_t(2));
    QCOMPARE(values<int64_t>(**source, "column3"), (std::vector<int64_t>{0, 1}));
    QVERIFY(parse("a,features,c\n1,2,3\n"));
    QVERIFY((*parse("a,features,c\n1,2,3\n"))->columnNamed("all features") == 0);
  }

  void mistakes_data() {
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QString>("says");
    const auto row = [](const char* name, const QByteArray& text, const char* says) { QTest::newRow(name) << text << QString(says); };
    row("nothing", "", "needs rows of numbers or words, but got nothing");
    row("names alone", "a,b\n", "needs rows below the names");
    row("missing", "age,b\n1,2\n,3\n", "needs a value in line 3, column age, but got none; fill it in, or take the row out");
    row("NA", "age,b\n1,NA\n", "needs a value in line 2, column b, but got NA");
    row("not a number", "age,b\n1,nan\n", "line 2, column b");
    row("a word among numbers", "age,b\n1,2\nold,3\n", "needs a number in line 3, column age, as in the lines above, but got \"old\"");
    row("a number among words", "k,b\nx,2\n7,3\n", "needs a word in line 3, column k, as in the lines above, but got \"7\"");
    row("infinite", "a,b\n1e999,2\n3,2\n", "needs a word in line 3, column a");
    row("too few fields", "a,b\n1,2\n3\n", "needs 2 fields in line 3, as in the first, but got 1");
    row("too many fields", "a,b\n1,2,3\n", "but got 3");
    row("a name twice", "a,a\n1,2\n", "two that are named a");
    row("open quote", "a,b\n1,\"x\n2,y\n", "in line 2");
    row("text beside a quote", "a,b\n1,\"x\"y\n", "a quote that is not closed, or text beside one");
    row("binary", QByteArray("\0\1\2\xff\0\0", 6), "names of the columns");
  }
  void mistakes() {
    QFETCH(QByteArray, text);
    QFETCH(QString, says);
    const QString problem = problemOf(text.toStdString());
    QVERIFY2(problem.contains(says), qPrintable(problem));
    QVERIFY(problem.startsWith("some.csv"));
  }

  void memoryIsBounded() {
    std::string text = "a,b\n";
    for (int i = 0; i < 1000; ++i) text += "1,2\n";
    QVERIFY(parse(text, {}, 16'000));
    const auto refused = parse(text, {}, 15'999);
    QVERIFY(!refused);
    QVERIFY(withPlace(refused.error()).find("at most 15999 bytes in memory, but got more, in line 1001") != std::string::npos);
    std::string words = "a,b\n";
    for (int i = 0; i < 1000; ++i) words += std::to_string(i) + ",word" + std::to_string(i) + "\n";
    QVERIFY(!parse(words, {}, 16'000));
    QVERIFY(!parse(std::string(300'000, ',')));
  }

  void byName() {
    QTemporaryDir folder;
    const std::string path = folder.filePath("t.tsv").toStdString();
    std::ofstream(path) << "a\tb\tkind\n1\t2\tx\n3\t4\ty\n5\t6\tx\n7\t8\ty\n";
    const auto source = open(path, {.target = "a"});
    QVERIFY2(source, source ? "" : withPlace(source.error()).c_str());
    QCOMPARE(values<double>(**source, "features"), (std::vector<double>{2, 4, 6, 8}));
    const double halves[] = {0.5, 0.5};
    const auto parts = split(*source, halves, 1);
    QVERIFY(parts);
    QCOMPARE((*parts)->size(Part::validation), int64_t(2));
    QVERIFY((*source)->fingerprint() != (*open(path))->fingerprint());
  }
};

QTEST_APPLESS_MAIN(DataCsvTest)
#include "data_csv_test.moc"

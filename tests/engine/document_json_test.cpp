// Project files: what is printed is read back as it was, and what nobody knows is kept.
#include <QtTest>

#include "engine/document/json.h"

using namespace engine;
using namespace engine::document;

class DocumentJsonTest : public QObject {
  Q_OBJECT
 private slots:
  void printedIsReadBack() {
    const auto document = parse(R"({"netwright": 1, "name": "a",
        "nodes": [{"id": "1", "type": "Linear", "fields": {"out_features": 3}, "position": [1, 2.5]},
                  {"id": "2", "type": "ReLU"}],
        "wires": [{"from": "1", "to": "2"}]})");
    QVERIFY(document);
    QCOMPARE(document->node(1)->name, std::string("linear"));
    QCOMPARE(document->wiresInto(2).size(), size_t(1));
    const auto again = parse(print(*document));
    QVERIFY(again);
    QVERIFY(*again == *document);
    QCOMPARE(print(*again), print(*document));
  }
};

QTEST_APPLESS_MAIN(DocumentJsonTest)
#include "document_json_test.moc"

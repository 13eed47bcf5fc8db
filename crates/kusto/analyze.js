// Reads `{schema, queries: [text]}` from stdin, writes `[{problems: [text], columns: [{name, type}]}]` to stdout.
require("@kusto/language-service-next/bridge.js");
require("@kusto/language-service-next/Kusto.Language.Bridge.js");

const elements = (list) => (list ? Array.from({ length: list.Count }, (_, index) => list.getItem(index)) : []);

const analyze = (schema, query) => {
  const code = Kusto.Language.KustoCode.ParseAndAnalyze(schema + query, Kusto.Language.GlobalState.Default);
  const problems = elements(code.GetDiagnostics()).map((each) => {
    const line = query.slice(0, Math.max(0, each.Start - schema.length)).split("\n").length;
    return `line ${line}: ${each.Severity} ${each.Code}: ${each.Message}`;
  });
  const columns = elements(code.ResultType?.Columns).map((column) => ({ name: column.Name, type: column.Type.Name }));
  return { problems, columns };
};

const { schema, queries } = JSON.parse(require("fs").readFileSync(0, "utf8"));
console.log(JSON.stringify(queries.map((query) => analyze(schema, query))));

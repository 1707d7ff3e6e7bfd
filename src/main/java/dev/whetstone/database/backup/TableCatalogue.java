package dev.whetstone.database.backup;

import dev.whetstone.database.Sql;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** The tables of a schema, their columns that are stored, and the order in which rows fit in. */
final class TableCatalogue {
  private static final String HISTORY = "flyway_schema_history";

  // A computed column is computed again.
  private static final String COLUMNS =
      """
      SELECT c.relname, a.attname
      FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
      WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
        AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
      ORDER BY c.relname, a.attnum""";

  // One that is deferred to the commit demands no order.
  private static final String REFERENCES =
      """
      SELECT DISTINCT child.relname, parent.relname
      FROM pg_constraint k JOIN pg_class child ON child.oid = k.conrelid JOIN pg_class parent ON parent.oid = k.confrelid
      WHERE k.contype = 'f' AND NOT k.condeferrable AND child.oid <> parent.oid
        AND child.relnamespace = 'public'::regnamespace""";

  private static final String SEQUENCES =
      """
      SELECT c.relname, a.attname, pg_get_serial_sequence(quote_ident(c.relname), a.attname)
      FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
      WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND NOT a.attisdropped AND a.attidentity <> ''
      ORDER BY c.relname, a.attnum""";

  private TableCatalogue() {}

  /** The columns of each table, parents before the tables that refer to them. */
  static Map<String, List<String>> columns(Connection connection) throws SQLException {
    Map<String, List<String>> columns = new LinkedHashMap<>();
    for (List<String> column : pairs(connection, COLUMNS)) {
      if (!column.getFirst().equals(HISTORY)) {
        columns.computeIfAbsent(column.getFirst(), _ -> new ArrayList<>()).add(column.getLast());
      }
    }
    Map<String, List<String>> ordered = new LinkedHashMap<>();
    for (String table : order(columns.keySet(), pairs(connection, REFERENCES))) {
      ordered.put(table, columns.getOrDefault(table, List.of()));
    }
    return ordered;
  }

  /**
   * Orders names so that each stands behind those it refers to.
   *
   * @param references pairs of a name and one that it refers to
   * @throws IllegalStateException when they refer to each other in a circle
   */
  static List<String> order(Collection<String> names, List<List<String>> references) {
    Set<String> left = new TreeSet<>(names);
    List<String> ordered = new ArrayList<>();
    while (!left.isEmpty()) {
      List<String> free =
          left.stream()
              .filter(
                  name ->
                      references.stream()
                          .noneMatch(
                              reference ->
                                  reference.getFirst().equals(name)
                                      && left.contains(reference.getLast())))
              .toList();
      if (free.isEmpty()) {
        throw new IllegalStateException("tables refer to each other in a circle: " + left);
      }
      ordered.addAll(free);
      free.forEach(left::remove);
    }
    return ordered;
  }

  /** What each identity column goes on from. */
  static List<BackupManifest.Sequence> sequences(Connection connection) throws SQLException {
    List<BackupManifest.Sequence> all = new ArrayList<>();
    for (String[] found :
        Sql.list(
            connection,
            row -> new String[] {row.getString(1), row.getString(2), row.getString(3)},
            SEQUENCES)) {
      all.add(
          Sql.first(
                  connection,
                  row ->
                      new BackupManifest.Sequence(
                          found[0], found[1], row.getLong(1), row.getBoolean(2)),
                  "SELECT last_value, is_called FROM " + found[2])
              .orElseThrow());
    }
    return all;
  }

  private static List<List<String>> pairs(Connection connection, String sql) throws SQLException {
    return Sql.list(connection, row -> List.of(row.getString(1), row.getString(2)), sql);
  }
}

package dev.whetstone.testing;

import dev.whetstone.database.Database;
import dev.whetstone.database.Sql;
import org.jspecify.annotations.Nullable;

/** Changes what the application's role may not: tests damage rows, and know what is secret. */
public final class TablesOwner {
  private TablesOwner() {}

  /** Runs a statement as the owner of the tables; the rows that it changed. */
  public static int update(Database database, String sql, @Nullable Object... values) {
    return database.transaction(
        connection -> {
          Sql.update(connection, "RESET ROLE");
          int changed = Sql.update(connection, sql, values);
          Sql.update(connection, "SET ROLE whetstone_app");
          return changed;
        });
  }
}

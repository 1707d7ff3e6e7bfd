package dev.whetstone.security;

import dev.whetstone.database.Database;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/** Stores when the rows of a table were last used. */
final class LastUses {
  private LastUses() {}

  /** Stores the times by the rows' ids, in one statement. */
  static void store(Database database, String table, Map<String, Instant> times) {
    String update =
        """
        UPDATE %1$s SET last_used_at = greatest(last_used_at, used.at)
        FROM unnest(?::text[], ?::timestamptz[]) AS used (id, at) WHERE %1$s.id = used.id
        """
            .formatted(table);
    List<Map.Entry<String, Instant>> entries = List.copyOf(times.entrySet());
    database.update(
        update,
        entries.stream().map(Map.Entry::getKey).toArray(String[]::new),
        entries.stream().map(entry -> entry.getValue().toString()).toArray(String[]::new));
  }
}

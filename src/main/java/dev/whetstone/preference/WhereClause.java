package dev.whetstone.preference;

import java.util.ArrayList;
import java.util.List;
import java.util.StringJoiner;

/** The conditions of a WHERE clause, with the values of their parameters. */
public final class WhereClause {
  private final StringJoiner clause = new StringJoiner(" AND ");
  private final List<Object> values = new ArrayList<>();

  /** Adds a condition that has one {@code ?} for each value. */
  public WhereClause and(String condition, Object... parameters) {
    clause.add(condition);
    values.addAll(List.of(parameters));
    return this;
  }

  /** Adds a condition with a subquery, whose own conditions replace the {@code %s} in it. */
  public WhereClause andNested(String condition, WhereClause inner) {
    clause.add(condition.formatted(inner.sql()));
    values.addAll(inner.values);
    return this;
  }

  /** The clause without its WHERE; TRUE when there is no condition. */
  public String sql() {
    return clause.length() == 0 ? "TRUE" : clause.toString();
  }

  /** The parameters, in order; they must be the statement's first. */
  public Object[] values() {
    return values.toArray();
  }
}

package dev.whetstone.gateway.pages;

import dev.whetstone.database.Database;
import dev.whetstone.database.Sql;
import dev.whetstone.gateway.http.Parameters;
import dev.whetstone.security.Role;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.annotation.security.RolesAllowed;
import jakarta.inject.Inject;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.jspecify.annotations.Nullable;

/** Votes over time: how many, and how often the left side, a tie or neither was chosen. */
@Path("/preferences/history")
@RolesAllowed(Role.OPERATOR_ROLE)
@Produces(MediaType.APPLICATION_JSON)
public class VoteHistoryResource {
  private static final int MAX_HOURS = 24 * 365;
  private static final int MAX_BUCKETS = 120;
  private static final int MIN_SECONDS = 60;

  private static final String QUERY =
      """
      SELECT to_timestamp(floor(extract(epoch FROM v.recorded_at) / ?) * ?) AS begins,
        count(*) AS votes, count(*) FILTER (WHERE v.choice = 'a') AS left_side,
        count(*) FILTER (WHERE v.choice = 'tie') AS ties,
        count(*) FILTER (WHERE v.choice = 'both_bad') AS both_bad
      FROM preferences v JOIN pairs p USING (pair_id)
      WHERE v.recorded_at >= ? AND NOT p.imported GROUP BY begins ORDER BY begins
      """;

  private final Database database;
  private final InstantSource clock;

  @Inject
  VoteHistoryResource(Database database, InstantSource clock) {
    this.database = database;
    this.clock = clock;
  }

  /** The votes of one stretch of time; {@code left} chose side a, which is shown on the left. */
  public record Bucket(Instant begins, long votes, long left, long ties, long bothBad) {}

  /** Stretches that have votes, oldest first, each {@code seconds} long. */
  public record History(List<Bucket> items, int seconds) {}

  @GET
  @RunOnVirtualThread
  @Operation(summary = "Counts votes by time, imported ones left out; at most 120 stretches")
  public History read(
      @QueryParam("hours")
          @Parameter(
              description = "how far back",
              schema =
                  @Schema(
                      type = SchemaType.INTEGER,
                      minimum = "1",
                      maximum = "8760",
                      defaultValue = "24"))
          @Nullable String hours) {
    int span = Parameters.number("hours", hours, 24, 1, MAX_HOURS);
    int seconds = Math.max(MIN_SECONDS, span * 3600 / MAX_BUCKETS);
    List<Bucket> buckets =
        database.list(
            row ->
                new Bucket(
                    Sql.instant(row, "begins"),
                    row.getLong("votes"),
                    row.getLong("left_side"),
                    row.getLong("ties"),
                    row.getLong("both_bad")),
            QUERY,
            seconds,
            seconds,
            clock.instant().minusSeconds(span * 3600L));
    return new History(buckets, seconds);
  }
}

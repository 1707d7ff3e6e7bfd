package dev.whetstone.gateway.pages;

import dev.whetstone.gateway.http.LongReads;
import dev.whetstone.gateway.http.Parameters;
import dev.whetstone.preference.rating.VoteHistory;
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

/**
 * Votes over time: how many, and how often the left side, a tie or neither was chosen; and thumbs
 * on single answers.
 */
@Path("/preferences/history")
@RolesAllowed(Role.OPERATOR_ROLE)
@Produces(MediaType.APPLICATION_JSON)
public class VoteHistoryResource {
  private static final int MAX_HOURS = 24 * 365;
  private static final int MAX_BUCKETS = 120;
  private static final int MIN_SECONDS = 60;

  private final VoteHistory history;
  private final InstantSource clock;
  private final LongReads longReads;

  @Inject
  VoteHistoryResource(VoteHistory history, InstantSource clock, LongReads longReads) {
    this.history = history;
    this.clock = clock;
    this.longReads = longReads;
  }

  /** Stretches that have votes or ratings, oldest first, each {@code seconds} long. */
  public record History(List<VoteHistory.Bucket> items, int seconds) {}

  @GET
  @RunOnVirtualThread
  @Operation(
      summary = "Counts votes and ratings by time, imported ones left out; at most 120 stretches")
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
    Instant since = clock.instant().minusSeconds(span * 3600L);
    return new History(longReads.run(() -> history.since(since, seconds)), seconds);
  }
}

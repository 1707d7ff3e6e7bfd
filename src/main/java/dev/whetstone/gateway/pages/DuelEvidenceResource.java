package dev.whetstone.gateway.pages;

import dev.whetstone.database.Database;
import dev.whetstone.database.Sql;
import dev.whetstone.gateway.http.Parameters;
import dev.whetstone.rollout.evidence.VoteEvidence;
import dev.whetstone.security.Role;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.annotation.security.RolesAllowed;
import jakarta.inject.Inject;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.jspecify.annotations.Nullable;

/** The evidence of a duel after each of its counted votes. */
@Path("/rollouts/{id}/evidence")
@RolesAllowed(Role.OPERATOR_ROLE)
@Produces(MediaType.APPLICATION_JSON)
public class DuelEvidenceResource {
  private static final int MAX_VOTES = 20_000;
  private static final int MAX_POINTS = 500;

  // An erased vote leaves its score, but not its time.
  private static final String QUERY =
      """
      SELECT e.score = 1 AS won, v.recorded_at
      FROM evidence_votes e LEFT JOIN preferences v USING (preference_id)
      WHERE e.subject = ? AND e.counted AND NOT EXISTS (SELECT FROM evidence_voters w
        JOIN exclusions x ON x.kind = 'key' AND x.value = w.key_id
        WHERE w.subject = e.subject AND w.voter = e.voter)
      ORDER BY e.seq LIMIT ?
      """;

  private final Database database;

  @Inject
  DuelEvidenceResource(Database database) {
    this.database = database;
  }

  /** The evidence after a number of counted votes; {@code at} is null when the vote was erased. */
  public record Point(int wins, int losses, double evidence, @Nullable Instant at) {}

  /** Points in the order of the votes; of a long duel only some, the last among them. */
  public record Line(List<Point> items) {}

  private record Vote(boolean won, @Nullable Instant at) {}

  @GET
  @RunOnVirtualThread
  @Operation(summary = "Returns a duel's e-value after each counted vote")
  public Line read(@PathParam("id") String id) {
    List<Vote> votes =
        database.list(
            row -> new Vote(row.getBoolean("won"), Sql.instantOrNull(row, "recorded_at")),
            QUERY,
            Parameters.required("id", id),
            MAX_VOTES);
    int every = Math.max(1, votes.size() / MAX_POINTS);
    List<Point> points = new ArrayList<>();
    int wins = 0;
    for (int i = 0; i < votes.size(); i++) {
      wins += votes.get(i).won() ? 1 : 0;
      if ((i + 1) % every == 0 || i == votes.size() - 1) {
        int losses = i + 1 - wins;
        points.add(
            new Point(wins, losses, new VoteEvidence(wins, losses).eValue(), votes.get(i).at()));
      }
    }
    return new Line(points);
  }
}

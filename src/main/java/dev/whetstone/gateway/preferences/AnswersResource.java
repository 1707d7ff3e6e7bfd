package dev.whetstone.gateway.preferences;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.whetstone.database.Database;
import dev.whetstone.database.Sql;
import dev.whetstone.gateway.http.Parameters;
import dev.whetstone.gateway.http.ProblemException;
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
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.jspecify.annotations.Nullable;

/** Tells operators which versions wrote an answer, which its users do not see. */
@Path("/answers/{id}")
@RolesAllowed(Role.OPERATOR_ROLE)
@Produces(MediaType.APPLICATION_JSON)
public class AnswersResource {
  private static final String QUERY =
      """
      SELECT key_id, user_id, policy_a AS one, hash_a AS hash_one, policy_b AS other,
        hash_b AS hash_other, created_at
      FROM pairs WHERE pair_id = ?
      UNION ALL
      SELECT key_id, user_id, policy, hash, NULL, NULL, created_at
      FROM answers WHERE completion_id = ? LIMIT 1
      """;

  private final Database database;

  @Inject
  AnswersResource(Database database) {
    this.database = database;
  }

  /** A version by its name and hash. */
  public record Version(String version, String hash) {}

  /** Who wrote the sides of a pair. */
  public record Sides(Version a, Version b) {}

  /**
   * An answer and who wrote it.
   *
   * @param policy of a single answer; null of a pair
   * @param policies of a pair; null of a single answer
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Answer(
      String id,
      String key,
      String user,
      @Nullable Version policy,
      @Nullable Sides policies,
      Instant createdAt) {}

  @GET
  @RunOnVirtualThread
  @Operation(
      summary = "Returns which versions wrote an answer or a pair, by its id",
      description = "Single answers are known as long as they can be rated.")
  @APIResponse(responseCode = "404", description = "no such answer is kept")
  public Answer get(@PathParam("id") String id) {
    String known = Parameters.required("id", id);
    return database
        .first(
            row -> {
              Version one = new Version(row.getString("one"), row.getString("hash_one"));
              String other = row.getString("other");
              return new Answer(
                  known,
                  row.getString("key_id"),
                  row.getString("user_id"),
                  other == null ? one : null,
                  other == null
                      ? null
                      : new Sides(one, new Version(other, row.getString("hash_other"))),
                  Sql.instant(row, "created_at"));
            },
            QUERY,
            known,
            known)
        .orElseThrow(() -> ProblemException.of(404, "unknown_answer", "no such answer is kept"));
  }
}

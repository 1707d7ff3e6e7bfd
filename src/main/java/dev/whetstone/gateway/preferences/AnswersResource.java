package dev.whetstone.gateway.preferences;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.whetstone.gateway.http.Parameters;
import dev.whetstone.gateway.http.ProblemException;
import dev.whetstone.preference.feedback.AnswerAuthors;
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
  private final AnswerAuthors authors;

  @Inject
  AnswersResource(AnswerAuthors authors) {
    this.authors = authors;
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
    return authors
        .find(Parameters.required("id", id))
        .map(AnswersResource::answer)
        .orElseThrow(() -> ProblemException.of(404, "unknown_answer", "no such answer is kept"));
  }

  private static Answer answer(AnswerAuthors.Authors found) {
    Version one = version(found.a());
    AnswerAuthors.Author other = found.b();
    return new Answer(
        found.id(),
        found.keyId(),
        found.user(),
        other == null ? one : null,
        other == null ? null : new Sides(one, version(other)),
        found.createdAt());
  }

  private static Version version(AnswerAuthors.Author author) {
    return new Version(author.version(), author.hash());
  }
}

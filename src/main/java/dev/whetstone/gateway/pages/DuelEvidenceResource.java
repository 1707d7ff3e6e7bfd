package dev.whetstone.gateway.pages;

import dev.whetstone.gateway.http.Parameters;
import dev.whetstone.rollout.DuelEvidenceReader;
import dev.whetstone.security.Role;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.annotation.security.RolesAllowed;
import jakarta.inject.Inject;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;

/** The evidence of a duel after each of its counted votes and ratings. */
@Path("/rollouts/{id}/evidence")
@RolesAllowed(Role.OPERATOR_ROLE)
@Produces(MediaType.APPLICATION_JSON)
public class DuelEvidenceResource {
  private final DuelEvidenceReader reader;

  @Inject
  DuelEvidenceResource(DuelEvidenceReader reader) {
    this.reader = reader;
  }

  /** Points in the order of the votes; of a long duel only some, the last among them. */
  public record Line(List<DuelEvidenceReader.Point> items) {}

  @GET
  @RunOnVirtualThread
  @Operation(summary = "Returns a duel's e-value after each counted vote and rating")
  public Line read(@PathParam("id") String id) {
    return new Line(reader.points(Parameters.required("id", id)));
  }
}

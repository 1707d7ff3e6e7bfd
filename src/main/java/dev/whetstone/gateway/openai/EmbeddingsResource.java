package dev.whetstone.gateway.openai;

import dev.whetstone.gateway.http.ProblemException;
import dev.whetstone.security.Role;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;

/** Says that there are no embeddings, to clients that try them. */
@Path("/v1/embeddings")
@RolesAllowed(Role.CHAT_ROLE)
public class EmbeddingsResource {
  @POST
  @Operation(summary = "Is not served: always 404")
  @APIResponse(responseCode = "404", description = "embeddings are not served")
  public void embed() {
    throw ProblemException.of(
        404,
        "not_served",
        "the model that is served makes no embeddings: give your client an embedding model of"
            + " another server, and this one for /v1/chat/completions and /v1/responses");
  }
}

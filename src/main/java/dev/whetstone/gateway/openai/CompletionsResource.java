package dev.whetstone.gateway.openai;

import dev.whetstone.security.Role;
import io.smallrye.common.annotation.RunOnVirtualThread;
import io.vertx.ext.web.RoutingContext;
import jakarta.annotation.security.RolesAllowed;
import jakarta.inject.Inject;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;

/** OpenAI-compatible (legacy) text completions. */
@Path("/v1/completions")
@Consumes(MediaType.APPLICATION_JSON)
@Produces({MediaType.APPLICATION_JSON, MediaType.SERVER_SENT_EVENTS})
public class CompletionsResource {
  private final TextService texts;

  @Inject
  CompletionsResource(TextService texts) {
    this.texts = texts;
  }

  @POST
  @RolesAllowed(Role.CHAT_ROLE)
  @RunOnVirtualThread
  @Operation(summary = "Continues a text, OpenAI-compatible; streams events if stream is true")
  @APIResponse(responseCode = "200", ref = OpenAiResponses.ANSWER)
  public Response complete(CompletionRequest request, RoutingContext http) {
    return texts.respond(request, http);
  }
}

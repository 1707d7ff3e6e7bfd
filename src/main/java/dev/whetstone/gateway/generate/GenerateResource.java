package dev.whetstone.gateway.generate;

import dev.whetstone.security.Role;
import io.smallrye.common.annotation.RunOnVirtualThread;
import io.vertx.ext.web.RoutingContext;
import jakarta.annotation.security.RolesAllowed;
import jakarta.inject.Inject;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;

/** Generates one answer, or a pair of blind ones to vote on. */
@Path("/generate")
@Consumes(MediaType.APPLICATION_JSON)
@Produces({MediaType.APPLICATION_JSON, MediaType.SERVER_SENT_EVENTS})
public class GenerateResource {
  private final GenerateResponder responder;

  @Inject
  GenerateResource(GenerateResponder responder) {
    this.responder = responder;
  }

  @POST
  @RolesAllowed(Role.CHAT_ROLE)
  @RunOnVirtualThread
  @Operation(summary = "Generates one answer, or two blind ones if pair is true")
  @APIResponse(
      responseCode = "200",
      description = "one answer, or two; if stream is true, the last event (done) carries it",
      content = {
        @Content(
            mediaType = MediaType.APPLICATION_JSON,
            schema = @Schema(anyOf = {GenerateResponse.Single.class, GenerateResponse.Pair.class})),
        @Content(
            mediaType = MediaType.SERVER_SENT_EVENTS,
            schema = @Schema(type = SchemaType.STRING))
      })
  @APIResponse(responseCode = "404", description = "there is no such policy")
  public Response generate(GenerateRequest body, @Context RoutingContext http) {
    return responder.respond(body, http);
  }
}

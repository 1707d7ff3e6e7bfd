package dev.whetstone.gateway.openai;

import dev.whetstone.security.Role;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.annotation.security.RolesAllowed;
import jakarta.inject.Inject;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import org.eclipse.microprofile.openapi.annotations.Operation;

/**
 * Lists the models, which are the aliases and versions that {@code model} may name, and the default
 * one, whose answers may be compared with others. Everyone but an operator sees champion and v0,
 * and nothing that changes with a duel or a promotion.
 */
@Path("/v1/models")
@Produces(MediaType.APPLICATION_JSON)
@RolesAllowed(Role.CHAT_ROLE)
public class ModelsResource {
  private final NamedModels models;

  @Inject
  ModelsResource(NamedModels models) {
    this.models = models;
  }

  @GET
  @RunOnVirtualThread
  @Operation(summary = "Lists the aliases that this gateway serves and the newest versions")
  public OpenAiResponses.Models list() {
    return models.list();
  }

  @GET
  @Path("{model}")
  @RunOnVirtualThread
  @Operation(summary = "Returns one alias or version")
  public OpenAiResponses.Model get(@PathParam("model") String name) {
    return models.get(name);
  }
}

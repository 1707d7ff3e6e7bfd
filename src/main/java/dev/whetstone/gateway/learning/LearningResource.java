package dev.whetstone.gateway.learning;

import dev.whetstone.gateway.http.Fields;
import dev.whetstone.gateway.state.GatewayState;
import dev.whetstone.policy.ChangeContext;
import dev.whetstone.security.Role;
import dev.whetstone.training.LearningStore;
import io.quarkus.security.identity.SecurityIdentity;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.annotation.security.RolesAllowed;
import jakarta.inject.Inject;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** Tells what the learning waits for, and holds it. */
@Path("/learning")
@Produces(MediaType.APPLICATION_JSON)
public class LearningResource {
  private final LearningService learning;
  private final GatewayState state;
  private final SecurityIdentity identity;

  @Inject
  LearningResource(LearningService learning, GatewayState state, SecurityIdentity identity) {
    this.learning = learning;
    this.state = state;
    this.identity = identity;
  }

  /** Why the learning is paused. */
  public record PauseRequest(
      @Schema(required = true, maxLength = Fields.MAX_REASON_LENGTH) @Nullable String reason) {}

  @GET
  @RolesAllowed({Role.OPERATOR_ROLE, Role.TRAINER_ROLE})
  @RunOnVirtualThread
  @Operation(summary = "Tells the state of the learning and what it waits for")
  public LearningView get() {
    return learning.view(state.model());
  }

  @POST
  @Path("pause")
  @Consumes(MediaType.APPLICATION_JSON)
  @RolesAllowed(Role.OPERATOR_ROLE)
  @RunOnVirtualThread
  @Operation(summary = "Pauses learning: no run begins and no duel is decided; votes are kept")
  public LearningView pause(PauseRequest request) {
    String reason = Fields.requiredReason(request.reason());
    store().pause(new ChangeContext(identity.getPrincipal().getName(), reason));
    return get();
  }

  @POST
  @Path("resume")
  @RolesAllowed(Role.OPERATOR_ROLE)
  @RunOnVirtualThread
  @Operation(summary = "Lets learning go on; no change when it is not paused")
  public LearningView resume() {
    store().resume(new ChangeContext(identity.getPrincipal().getName(), null));
    return get();
  }

  private LearningStore store() {
    return learning.store(state.model());
  }
}

package dev.whetstone.gateway.policies;

import dev.whetstone.gateway.http.Paging;
import dev.whetstone.rollout.changes.VersionChanges;
import dev.whetstone.security.Role;
import dev.whetstone.serving.GatewayStatusStore;
import dev.whetstone.settings.BuildInfo;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.annotation.security.RolesAllowed;
import jakarta.inject.Inject;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.QueryParam;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.jspecify.annotations.Nullable;

/** Lists the policy versions of the base model that is served. */
@Path("/policies")
@RolesAllowed(Role.OPERATOR_ROLE)
public class PoliciesResource {
  private final PolicyService policies;

  @Inject
  PoliciesResource(PolicyService policies) {
    this.policies = policies;
  }

  /**
   * A page, newest first.
   *
   * @param next cursor of the following page, or null
   * @param gateways what each gateway serves, and the reason if that differs from the aliases
   * @param whetstoneVersion the build of the gateway that answers
   */
  public record Page(
      List<PolicyView> items,
      @Nullable String next,
      List<GatewayStatusStore.Report> gateways,
      String whetstoneVersion) {}

  @GET
  @RunOnVirtualThread
  @Operation(summary = "Lists versions, newest first, and what each gateway serves")
  public Page list(
      @QueryParam("limit") @DefaultValue("100") String limit,
      @QueryParam("cursor") @Nullable String cursor) {
    var page = policies.page(Paging.limit(limit), cursor);
    return new Page(page.rows(), page.next(), policies.gateways(), BuildInfo.version());
  }

  @GET
  @Path("{version}")
  @RunOnVirtualThread
  @Operation(summary = "Returns one version, by its name, hash or alias")
  public PolicyView get(@PathParam("version") String version) {
    return policies.get(version);
  }

  @GET
  @Path("{version}/changes")
  @RunOnVirtualThread
  @Operation(
      summary = "Tells what a version writes differently from its parent and from v0",
      description =
          "By the answers that gates had them write: words and endings whose share of answers"
              + " changed most, lengths, refusals, and prompts before and after.")
  public VersionChanges changes(@PathParam("version") String version) {
    return policies.changes(version);
  }
}

package dev.whetstone.gateway.policies;

import dev.whetstone.gateway.http.Paging;
import dev.whetstone.gateway.state.GatewayState;
import dev.whetstone.policy.Aliases;
import dev.whetstone.policy.PolicyException;
import dev.whetstone.policy.PolicyRecord;
import dev.whetstone.rollout.Watch;
import dev.whetstone.rollout.WatchStore;
import dev.whetstone.security.Role;
import dev.whetstone.serving.GatewayStatusStore;
import dev.whetstone.serving.PolicyRouter;
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
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.jspecify.annotations.Nullable;

/** Lists the policy versions of the base model that is served. */
@Path("/policies")
@RolesAllowed(Role.OPERATOR_ROLE)
public class PoliciesResource {
  private final GatewayState serving;

  @Inject
  PoliciesResource(GatewayState serving) {
    this.serving = serving;
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
    PolicyRouter policies = serving.model().policies();
    long before = Paging.before(cursor);
    var page =
        Paging.read(
            Paging.limit(limit),
            size -> policies.store().page(before, size),
            row -> row.version().substring(1));
    Aliases aliases = policies.store().database().statement(policies.aliases()::read);
    Map<String, Watch> overBase =
        watches().overBase().stream()
            .collect(Collectors.toMap(Watch::champion, Function.identity()));
    return new Page(
        page.rows().stream()
            .map(row -> PolicyView.of(row, aliases, overBase.get(row.version())))
            .toList(),
        page.next(),
        policies.statusStore().all(),
        BuildInfo.version());
  }

  @GET
  @Path("{version}")
  @RunOnVirtualThread
  @Operation(summary = "Returns one version, by its name, hash or alias")
  public PolicyView get(@PathParam("version") String version) {
    PolicyRouter policies = serving.model().policies();
    Aliases aliases = policies.store().database().statement(policies.aliases()::read);
    PolicyRecord row = row(policies, aliases, version);
    return PolicyView.of(row, aliases, watches().overBase(row.version()).orElse(null));
  }

  private WatchStore watches() {
    return serving.model().rollouts().watches();
  }

  private static PolicyRecord row(PolicyRouter policies, Aliases aliases, String name) {
    String version = aliases.resolve(name);
    return policies.store().find(version).orElseThrow(() -> new PolicyException.Unknown(name));
  }
}

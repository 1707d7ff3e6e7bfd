package dev.whetstone.gateway.http;

import dev.whetstone.security.RandomIds;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.quarkus.vertx.http.runtime.security.QuarkusHttpUser;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import org.jboss.logging.Logger;

/** Gives every request an id and logs its method, path, status and time; never its text. */
@Singleton
public final class RequestLog {
  private static final Logger LOG = Logger.getLogger(RequestLog.class);
  private static final Pattern SAFE_ID = Pattern.compile("[A-Za-z0-9._-]{1,64}");

  /** A path that names a user, whose name outlives the user's data in a log. */
  private static final Pattern USER = Pattern.compile("^(/users/).+(/data/?)$");

  private static final String HEADER = "X-Request-Id";
  private static final String ID = "whetstone.request.id";
  private static final String POLICY = "whetstone.request.policy";
  private static final int FIRST_FILTER = 10_000;
  private static final int MAX_PATH_LENGTH = 120;

  /** Logged where the client left before the whole answer; the number is nginx's. */
  private static final int CLIENT_CLOSED = 499;

  private final InstantSource clock;

  private final AtomicInteger active = new AtomicInteger();

  @Inject
  RequestLog(InstantSource clock) {
    this.clock = clock;
  }

  /** Requests that have no whole answer yet, those for health and metrics left out. */
  public int active() {
    return active.get();
  }

  void register(@Observes Filters filters) {
    filters.register(this::begin, FIRST_FILTER);
  }

  /** The id of a request: the client's X-Request-Id if it is safe to log, else a random one. */
  public static String id(RoutingContext request) {
    String id = request.get(ID);
    return id == null ? "-" : id;
  }

  /** Records the policy version to log; never called for blind pairs. */
  public static void setPolicy(RoutingContext request, String version) {
    request.put(POLICY, version);
  }

  private void begin(RoutingContext request) {
    String requested = request.request().getHeader(HEADER);
    String id =
        requested != null && SAFE_ID.matcher(requested).matches()
            ? requested
            : RandomIds.generate("req");
    request.put(ID, id);
    request.response().putHeader(HEADER, id);
    var start = clock.instant();
    if (!request.request().path().startsWith("/q/")) {
      active.incrementAndGet();
      request.addEndHandler(
          ended -> {
            active.decrementAndGet();
            log(request, Duration.between(start, clock.instant()), ended.succeeded());
          });
    }
    request.next();
  }

  private static void log(RoutingContext request, Duration took, boolean complete) {
    String path = USER.matcher(request.request().path()).replaceFirst("$1…$2");
    String key =
        request.user() instanceof QuarkusHttpUser user
            ? user.getSecurityIdentity().getPrincipal().getName()
            : "-";
    String policy = request.get(POLICY);
    LOG.infof(
        "%s %s %d %dms id=%s key=%s policy=%s%s",
        request.request().method(),
        path.length() > MAX_PATH_LENGTH ? path.substring(0, MAX_PATH_LENGTH) + "…" : path,
        complete ? request.response().getStatusCode() : CLIENT_CLOSED,
        took.toMillis(),
        id(request),
        key,
        policy == null ? "-" : policy,
        complete ? "" : " (client disconnected)");
  }
}

package dev.whetstone.gateway.http;

import jakarta.ws.rs.BeanParam;
import jakarta.ws.rs.HEAD;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ResourceInfo;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Parameter;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import org.jboss.resteasy.reactive.server.ServerRequestFilter;

/**
 * Refuses query parameters that a route does not have, as unknown fields of a body are refused: a
 * misspelt filter would select everything, and a misspelt cursor would page for ever.
 */
public final class KnownParameters {
  private final Map<Method, Set<String>> known = new ConcurrentHashMap<>();

  @ServerRequestFilter
  public void check(ContainerRequestContext request, ResourceInfo route) {
    Set<String> given = request.getUriInfo().getQueryParameters().keySet();
    Method method = route.getResourceMethod();
    // A HEAD beside a GET of its own has that one's parameters, and reads none of them.
    if (given.isEmpty() || method == null || method.isAnnotationPresent(HEAD.class)) {
      return;
    }
    Set<String> names = known.computeIfAbsent(method, KnownParameters::names);
    for (String name : given) {
      if (!names.contains(name)) {
        String shown = name.length() > 100 ? name.substring(0, 100) + "…" : name;
        throw ProblemException.badField(
            shown,
            "unknown_parameter",
            names.isEmpty()
                ? "this route has no query parameters"
                : shown + " is not a parameter of this route; it has " + String.join(", ", names));
      }
    }
  }

  static Set<String> names(Method method) {
    Set<String> names = new TreeSet<>();
    for (Parameter parameter : method.getParameters()) {
      QueryParam query = parameter.getAnnotation(QueryParam.class);
      if (query != null) {
        names.add(query.value());
      }
      if (parameter.isAnnotationPresent(BeanParam.class)) {
        for (Field field : parameter.getType().getDeclaredFields()) {
          QueryParam inBean = field.getAnnotation(QueryParam.class);
          if (inBean != null) {
            names.add(inBean.value());
          }
        }
      }
    }
    return names;
  }
}

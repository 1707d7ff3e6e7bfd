package dev.whetstone.gateway.http;

import jakarta.enterprise.inject.Any;
import jakarta.enterprise.inject.spi.Bean;
import jakarta.enterprise.inject.spi.BeanManager;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import jakarta.ws.rs.HttpMethod;
import jakarta.ws.rs.Path;
import java.lang.annotation.Annotation;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The methods that a path has, for the header of a 405 (RFC 9110, section 15.5.6). */
@Singleton
final class AllowedMethods {
  private static final Pattern PARAMETER = Pattern.compile("\\{[^/}:]+(:[^}]*)?\\}");

  /** A route of one method. */
  private record Route(Pattern path, int parameters, String method) {
    static Route of(String template, String method) {
      int parameters = (int) PARAMETER.matcher(template).results().count();
      String regex = PARAMETER.matcher(template).replaceAll("[^/]+");
      return new Route(Pattern.compile(regex + "/?"), parameters, method);
    }
  }

  private final List<Route> routes = new ArrayList<>();

  @Inject
  AllowedMethods(BeanManager beans) {
    for (Bean<?> bean : beans.getBeans(Object.class, Any.Literal.INSTANCE)) {
      Class<?> type = bean.getBeanClass();
      Path root = type.getAnnotation(Path.class);
      if (root != null) {
        for (Method method : type.getMethods()) {
          add(root.value(), method);
        }
      }
    }
  }

  private void add(String root, Method method) {
    Path rest = method.getAnnotation(Path.class);
    String path = rest == null ? root : root + "/" + rest.value();
    for (Annotation annotation : method.getAnnotations()) {
      HttpMethod http = annotation.annotationType().getAnnotation(HttpMethod.class);
      if (http != null) {
        routes.add(Route.of(path.replaceAll("/+", "/").replaceFirst("^/?", "/"), http.value()));
      }
    }
  }

  /** The methods of a path, as the header Allow lists them; null if it has none. */
  @Nullable String of(String path) {
    List<Route> matching = routes.stream().filter(r -> r.path.matcher(path).matches()).toList();
    int fewest = matching.stream().mapToInt(Route::parameters).min().orElse(0);
    Set<String> methods = new TreeSet<>();
    matching.stream().filter(r -> r.parameters == fewest).forEach(r -> methods.add(r.method));
    if (methods.contains(HttpMethod.GET)) {
      methods.add(HttpMethod.HEAD);
    }
    methods.add(HttpMethod.OPTIONS);
    return matching.isEmpty() ? null : String.join(", ", methods);
  }
}

package dev.whetstone.gateway;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.whetstone.testing.GeneratedDocs;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.annotation.security.PermitAll;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.HttpMethod;
import java.io.IOException;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * docs/http-reference.md is what the OpenAPI document says, and docs/http-api.md names its routes.
 * {@code ./test -Dtest=HttpApiDocsTest -Dwrite-docs} writes the former anew.
 */
@QuarkusTest
class HttpApiDocsTest extends ReadyGateway {
  private static final Path SOURCES = Path.of("src", "main", "java");

  /** Served by Quarkus itself, and no part of the OpenAPI document. */
  private static final Pattern OF_QUARKUS = Pattern.compile("/(q/.*|health|metrics)");

  @Test
  void theReferenceIsTheOpenApiDocument() throws Exception {
    GeneratedDocs.of("http-reference.md", HttpApiDocsTest.class).holds(reference().markdown());
  }

  @Test
  void everyRouteIsExplainedAndNoneThatIsNotThere() throws Exception {
    String pages =
        Files.readString(Path.of("docs/http-api.md")) + Files.readString(Path.of("docs/pages.md"));
    Set<String> explained =
        Pattern.compile("`(?:(GET|POST|PUT|PATCH|DELETE) )?(/[a-z_0-9/{}]+)")
            .matcher(pages)
            .results()
            .map(HttpApiDocsTest::shape)
            .collect(Collectors.toCollection(TreeSet::new));
    Set<String> served = new TreeSet<>();
    reference().routes().forEach(route -> served.add(shape(route)));
    Set<String> paths =
        served.stream()
            .map(route -> route.substring(route.indexOf('/')))
            .collect(Collectors.toSet());

    assertThat(served)
        .as("routes that neither docs/http-api.md nor docs/pages.md names")
        .allMatch(
            route -> explained.contains(route) || explained.contains(route.replaceAll(".* ", "")));
    assertThat(explained)
        .as("routes that the pages name and nobody serves")
        .allMatch(
            route ->
                served.contains(route)
                    || paths.stream().anyMatch(path -> (path + "/").startsWith(route + "/"))
                    || OF_QUARKUS.matcher(route).matches());
  }

  private static String shape(MatchResult found) {
    return shape(found.group(1) == null ? found.group(2) : found.group(1) + " " + found.group(2));
  }

  /** A route with nameless parameters. */
  private static String shape(String route) {
    return route.replaceAll("\\{[a-z_]+}", "{}");
  }

  private static OpenApiReference reference() throws IOException {
    String document =
        given().get("/q/openapi?format=json").then().statusCode(200).extract().asString();
    return new OpenApiReference(new ObjectMapper().readTree(document), roles());
  }

  /** Whose keys open each route, which OpenAPI has no word for. */
  private static Map<String, String> roles() throws IOException {
    Map<String, String> roles = new TreeMap<>();
    for (Class<?> resource : resources()) {
      for (Method method : resource.getDeclaredMethods()) {
        Stream.of(method.getAnnotations())
            .map(annotation -> annotation.annotationType().getAnnotation(HttpMethod.class))
            .filter(verb -> verb != null)
            .forEach(
                verb ->
                    roles.put(
                        verb.value() + " " + path(resource, method), whose(resource, method)));
      }
    }
    return roles;
  }

  private static List<Class<?>> resources() throws IOException {
    try (Stream<Path> files = Files.walk(SOURCES)) {
      return files
          .filter(file -> file.toString().endsWith("Resource.java"))
          .sorted()
          .<Class<?>>map(file -> load(SOURCES.relativize(file).toString()))
          .toList();
    }
  }

  private static Class<?> load(String file) {
    try {
      return Class.forName(
          file.replaceAll("[.]java$", "").replace('/', '.'),
          false,
          Thread.currentThread().getContextClassLoader());
    } catch (ClassNotFoundException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String path(Class<?> resource, Method method) {
    return ("/" + pathOf(resource) + "/" + pathOf(method))
        .replaceAll("/+", "/")
        .replaceAll("(.)/$", "$1");
  }

  private static String pathOf(AnnotatedElement element) {
    jakarta.ws.rs.@Nullable Path path = element.getAnnotation(jakarta.ws.rs.Path.class);
    return path == null ? "" : path.value();
  }

  private static String whose(Class<?> resource, Method method) {
    if (method.isAnnotationPresent(PermitAll.class)) {
      return "anybody";
    }
    RolesAllowed allowed = method.getAnnotation(RolesAllowed.class);
    if (allowed == null) {
      allowed = resource.getAnnotation(RolesAllowed.class);
    }
    return allowed == null ? "anybody" : String.join(", ", allowed.value());
  }
}

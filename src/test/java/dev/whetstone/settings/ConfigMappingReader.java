package dev.whetstone.settings;

import com.sun.source.doctree.DocCommentTree;
import com.sun.source.tree.AnnotationTree;
import com.sun.source.tree.AssignmentTree;
import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.ExpressionTree;
import com.sun.source.tree.LiteralTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.Tree;
import com.sun.source.util.DocTrees;
import com.sun.source.util.JavacTask;
import com.sun.source.util.TreePath;
import io.smallrye.config.common.utils.StringUtil;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/** Reads the mappings of settings, with their Javadoc, from the sources. */
final class ConfigMappingReader {
  /** A mapping that is not part of another one. */
  record Mapping(String prefix, String className, String doc, List<Setting> settings) {}

  /** A property: its name, its default where it has one, and what its Javadoc says. */
  record Setting(String name, Optional<String> fallback, String doc) {}

  private record Source(CompilationUnitTree unit, ClassTree type) {}

  private final Map<String, Source> interfaces = new HashMap<>();
  private final DocTrees docs;

  private ConfigMappingReader(DocTrees docs) {
    this.docs = docs;
  }

  /** The mappings below a folder, by prefix. */
  static List<Mapping> read(Path sources) throws IOException {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null);
        Stream<Path> all = Files.walk(sources)) {
      List<Path> candidates = all.filter(ConfigMappingReader::isCandidate).toList();
      JavacTask task =
          (JavacTask)
              compiler.getTask(
                  null, files, null, null, null, files.getJavaFileObjectsFromPaths(candidates));
      ConfigMappingReader reader = new ConfigMappingReader(DocTrees.instance(task));
      for (CompilationUnitTree unit : task.parse()) {
        for (Tree type : unit.getTypeDecls()) {
          reader.add(unit, type);
        }
      }
      return reader.mappings();
    }
  }

  private static boolean isCandidate(Path file) {
    String name = file.getFileName().toString();
    return name.endsWith("Config.java") || name.endsWith("Settings.java");
  }

  private void add(CompilationUnitTree unit, Tree type) {
    if (type instanceof ClassTree declared && declared.getKind() == Tree.Kind.INTERFACE) {
      interfaces.put(declared.getSimpleName().toString(), new Source(unit, declared));
    }
  }

  private List<Mapping> mappings() {
    List<Mapping> mappings = new ArrayList<>();
    interfaces.forEach(
        (name, source) ->
            argument(source.type().getModifiers().getAnnotations(), "ConfigMapping")
                .ifPresent(
                    prefix ->
                        mappings.add(
                            new Mapping(
                                prefix,
                                name,
                                doc(source, source.type()),
                                settings(prefix + ".", source)))));
    mappings.sort((a, b) -> a.prefix().compareTo(b.prefix()));
    return mappings;
  }

  private List<Setting> settings(String prefix, Source source) {
    List<Setting> settings = new ArrayList<>();
    for (Tree member : source.type().getMembers()) {
      if (member instanceof MethodTree method && method.getBody() == null) {
        String name = prefix + StringUtil.skewer(method.getName().toString());
        Source nested = interfaces.get(method.getReturnType().toString());
        if (nested == null) {
          Optional<String> fallback =
              argument(method.getModifiers().getAnnotations(), "WithDefault");
          settings.add(new Setting(name, fallback, doc(source, method)));
        } else {
          settings.addAll(settings(name + ".", nested));
        }
      }
    }
    return settings;
  }

  private static Optional<String> argument(
      List<? extends AnnotationTree> annotations, String name) {
    return annotations.stream()
        .filter(annotation -> annotation.getAnnotationType().toString().equals(name))
        .flatMap(annotation -> annotation.getArguments().stream())
        .map(
            argument -> argument instanceof AssignmentTree given ? given.getExpression() : argument)
        .map(ConfigMappingReader::text)
        .findFirst();
  }

  private static String text(ExpressionTree expression) {
    return ((LiteralTree) expression).getValue().toString();
  }

  /** The Javadoc in Markdown, on one line. */
  private String doc(Source source, Tree element) {
    DocCommentTree comment =
        docs.getDocCommentTree(TreePath.getPath(new TreePath(source.unit()), element));
    if (comment == null) {
      throw new IllegalStateException(element + " has no Javadoc");
    }
    StringBuilder text = new StringBuilder();
    comment.getFullBody().forEach(part -> text.append(part));
    return text.toString()
        .replaceAll("\\{@(?:code|link|linkplain)\\s+#?([^}]*)}", "`$1`")
        .replaceAll("<[^>]+>", " ")
        .replaceAll("\\s+", " ")
        .strip();
  }
}

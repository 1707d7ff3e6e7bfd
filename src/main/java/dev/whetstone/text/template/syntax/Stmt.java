package dev.whetstone.text.template.syntax;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** A statement; {@code at} is its offset in the template. */
public sealed interface Stmt {
  /** The name under which a filter finds the text of its block; no template can write it. */
  String CAPTURED = "\0captured";

  int at();

  record Text(String text, int at) implements Stmt {}

  record Print(Expr value, int at) implements Stmt {}

  record Set(Target target, Expr value, int at) implements Stmt {}

  record SetBlock(Target target, Expr filtered, List<Stmt> body, int at) implements Stmt {}

  record FilterBlock(Expr filtered, List<Stmt> body, int at) implements Stmt {}

  record If(Expr test, List<Stmt> then, List<Stmt> otherwise, int at) implements Stmt {}

  record For(
      Target target,
      Expr in,
      @Nullable Expr test,
      boolean recursive,
      List<Stmt> body,
      List<Stmt> otherwise,
      int at)
      implements Stmt {}

  record With(List<Target> targets, List<Expr> values, List<Stmt> body, int at) implements Stmt {}

  record Define(Function macro, int at) implements Stmt {}

  record CallBlock(Function caller, Expr.Call call, int at) implements Stmt {}

  record Break(int at) implements Stmt {}

  record Continue(int at) implements Stmt {}

  /** What a macro or a call block declares; {@code uses} has the special names of its body. */
  record Function(
      String name,
      List<String> parameters,
      List<Expr> defaults,
      java.util.Set<String> uses,
      List<Stmt> body) {}

  /** Where a value is put. */
  sealed interface Target {}

  record ToName(String name) implements Target {}

  record ToNamespace(String name, String attribute, int at) implements Target {}

  record ToTuple(List<Target> targets) implements Target {}
}

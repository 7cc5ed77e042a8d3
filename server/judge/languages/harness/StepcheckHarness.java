// One file of more than 350 lines: it is compiled with a candidate as one unit, each time anew.
import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PrintStream;
import java.lang.reflect.Array;
import java.lang.reflect.Constructor;
import java.lang.reflect.GenericArrayType;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.lang.reflect.WildcardType;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.LinkedList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Answers calls of a method.
 *
 * <p>Arguments: its class and its name. Standard input: a secret, the seconds for a call, then one
 * line of JSON arguments per call. Standard output: "\n&lt;secret&gt; &lt;number of the call&gt;
 * &lt;JSON&gt;\n" per call that came to an end.
 */
final class StepcheckHarness {
  private static final long STACK_BYTES = 16L << 20;

  private static final class Unrepresentable extends RuntimeException {
    Unrepresentable(String reason) {
      super(reason);
    }
  }

  /** The pairs of a JSON object of the form {"map": [[key, value], ...]}. */
  private record Pairs(List<Object> all) {}

  private static final class Parser {
    private final String text;
    private int at;

    Parser(String text) {
      this.text = text;
    }

    Object parse() {
      switch (text.charAt(at)) {
        case '[':
          return parseItems();
        case '{':
          at += "{\"map\":".length();
          Pairs pairs = new Pairs(parseItems());
          at++;
          return pairs;
        case '"':
          return parseText();
        default:
          int from = at;
          while (at < text.length() && ",]}".indexOf(text.charAt(at)) < 0) at++;
          String token = text.substring(from, at);
          return switch (token) {
            case "null" -> null;
            case "true" -> true;
            case "false" -> false;
            default -> token.matches("-?\\d+") ? new BigInteger(token) : (Object) new BigDecimal(token);
          };
      }
    }

    private List<Object> parseItems() {
      List<Object> items = new ArrayList<>();
      at++;
      while (text.charAt(at) != ']') {
        items.add(parse());
        if (text.charAt(at) == ',') at++;
      }
      at++;
      return items;
    }

    private String parseText() {
      StringBuilder made = new StringBuilder();
      for (at++; text.charAt(at) != '"'; at++) {
        char letter = text.charAt(at);
        if (letter != '\\') {
          made.append(letter);
          continue;
        }
        letter = text.charAt(++at);
        int plain = "nrtbf".indexOf(letter);
        if (letter == 'u') {
          made.append((char) Integer.parseInt(text.substring(at + 1, at + 5), 16));
          at += 4;
        } else {
          made.append(plain < 0 ? letter : "\n\r\t\b\f".charAt(plain));
        }
      }
      at++;
      return made.toString();
    }
  }

  private static void require(boolean holds, String reason) {
    if (!holds) throw new Unrepresentable(reason);
  }

  private static Object read(Object said, Type type) {
    if (type instanceof WildcardType wildcard) return read(said, wildcard.getUpperBounds()[0]);
    if (type instanceof GenericArrayType array) {
      return readArray(said, array.getGenericComponentType(), rawOf(array.getGenericComponentType()));
    }
    if (type instanceof ParameterizedType parameterized) return readGeneric(said, parameterized);
    if (!(type instanceof Class<?> kind)) return guess(said);
    if (kind.isArray()) return readArray(said, kind.getComponentType(), kind.getComponentType());
    if (said == null) {
      require(!kind.isPrimitive(), "null for a primitive");
      return null;
    }
    if (kind == boolean.class || kind == Boolean.class) {
      require(said instanceof Boolean, "not a boolean");
      return said;
    }
    if (kind == char.class || kind == Character.class) {
      require(said instanceof String text && text.length() == 1, "not a char");
      return ((String) said).charAt(0);
    }
    if (kind == String.class || kind == CharSequence.class) {
      require(said instanceof String, "not a String");
      return said;
    }
    if (said instanceof BigInteger || said instanceof BigDecimal) return readNumber(said, kind);
    Object guessed = guess(said);
    require(kind.isInstance(guessed), "the harness cannot make a " + kind.getName());
    return guessed;
  }

  private static Object readNumber(Object said, Class<?> kind) {
    boolean whole = said instanceof BigInteger;
    BigDecimal number = whole ? new BigDecimal((BigInteger) said) : (BigDecimal) said;
    if (kind == double.class || kind == Double.class) return number.doubleValue();
    if (kind == float.class || kind == Float.class) return number.floatValue();
    if (kind.isAssignableFrom(BigDecimal.class) && kind == BigDecimal.class) return number;
    if (kind == Object.class || kind == Number.class || kind == Comparable.class) return guess(said);
    require(whole, "not an integer");
    try {
      if (kind == int.class || kind == Integer.class) return number.intValueExact();
      if (kind == long.class || kind == Long.class) return number.longValueExact();
      if (kind == short.class || kind == Short.class) return number.shortValueExact();
      if (kind == byte.class || kind == Byte.class) return number.byteValueExact();
    } catch (ArithmeticException error) {
      throw new Unrepresentable("too large an integer");
    }
    if (kind == BigInteger.class) return said;
    throw new Unrepresentable("not a number");
  }

  /** The value that Java's own literal would make. */
  private static Object guess(Object said) {
    if (said instanceof BigInteger number) {
      return number.bitLength() < 32 ? (Object) number.intValue() : (Object) number.longValue();
    }
    if (said instanceof BigDecimal number) return number.doubleValue();
    if (said instanceof List<?> items) {
      List<Object> made = new ArrayList<>();
      for (Object item : items) made.add(guess(item));
      return made;
    }
    if (said instanceof Pairs pairs) {
      Map<Object, Object> made = new HashMap<>();
      for (Object pair : pairs.all()) {
        List<?> both = (List<?>) pair;
        made.put(guess(both.get(0)), guess(both.get(1)));
      }
      return made;
    }
    return said;
  }

  private static Class<?> rawOf(Type type) {
    if (type instanceof Class<?> kind) return kind;
    if (type instanceof ParameterizedType parameterized) return (Class<?>) parameterized.getRawType();
    if (type instanceof GenericArrayType array) {
      return Array.newInstance(rawOf(array.getGenericComponentType()), 0).getClass();
    }
    return Object.class;
  }

  private static Object readArray(Object said, Type item, Class<?> raw) {
    if (said == null) return null;
    if (raw == char.class && said instanceof String text) return text.toCharArray();
    require(said instanceof List<?>, "not a sequence");
    List<?> items = (List<?>) said;
    Object made = Array.newInstance(raw, items.size());
    for (int i = 0; i < items.size(); i++) Array.set(made, i, read(items.get(i), item));
    return made;
  }

  private static Object readGeneric(Object said, ParameterizedType type) {
    Class<?> raw = (Class<?>) type.getRawType();
    Type[] inner = type.getActualTypeArguments();
    if (raw == Optional.class) return Optional.ofNullable(read(said, inner[0]));
    if (said == null) return null;
    if (said instanceof Pairs pairs) {
      Map<Object, Object> made = new LinkedHashMap<>();
      require(inner.length == 2, "not a map");
      for (Object pair : pairs.all()) {
        List<?> both = (List<?>) pair;
        made.put(read(both.get(0), inner[0]), read(both.get(1), inner[1]));
      }
      if (raw == TreeMap.class) return new TreeMap<>(made);
      return fit(raw.isAssignableFrom(HashMap.class) ? new HashMap<>(made) : made, raw);
    }
    require(said instanceof List<?> && inner.length == 1, "not a " + raw.getName());
    List<Object> made = new ArrayList<>();
    for (Object item : (List<?>) said) made.add(read(item, inner[0]));
    if (raw.isInstance(made)) return made;
    if (Set.class.isAssignableFrom(raw)) {
      return fit(raw.isAssignableFrom(LinkedHashSet.class) ? new LinkedHashSet<>(made) : new TreeSet<>(made), raw);
    }
    return fit(raw == ArrayDeque.class ? new ArrayDeque<>(made) : new LinkedList<>(made), raw);
  }

  private static Object fit(Object made, Class<?> raw) {
    require(raw.isInstance(made), "the harness cannot make a " + raw.getName());
    return made;
  }

  private static String quote(String text) {
    StringBuilder quoted = new StringBuilder("\"");
    for (char letter : text.toCharArray()) {
      if (letter == '"' || letter == '\\') quoted.append('\\').append(letter);
      else if (letter < 32 || letter > 126) quoted.append(String.format("\\u%04x", (int) letter));
      else quoted.append(letter);
    }
    return quoted.append('"').toString();
  }

  private static String write(Object value, int depth) {
    require(depth < 100, "nested too deeply");
    if (value == null) return "null";
    if (value instanceof Boolean) return value.toString();
    if (value instanceof String || value instanceof Character) return quote(value.toString());
    if (value instanceof Float || value instanceof Double) {
      double number = ((Number) value).doubleValue();
      if (Double.isNaN(number)) return "{\"float\":\"nan\"}";
      if (Double.isInfinite(number)) return "{\"float\":\"" + (number > 0 ? "inf" : "-inf") + "\"}";
      return value instanceof Float ? "{\"single\":" + number + "}" : String.valueOf(number);
    }
    if (value instanceof Number) return value.toString();
    if (value instanceof Optional<?> optional) return write(optional.orElse(null), depth + 1);
    List<String> written = new ArrayList<>();
    if (value.getClass().isArray()) {
      for (int i = 0; i < Array.getLength(value); i++) written.add(write(Array.get(value, i), depth + 1));
      return "[" + String.join(",", written) + "]";
    }
    if (value instanceof Collection<?> items) {
      for (Object item : items) written.add(write(item, depth + 1));
      String all = "[" + String.join(",", written) + "]";
      return value instanceof Set<?> ? "{\"set\":" + all + "}" : all;
    }
    if (value instanceof Map<?, ?> map) {
      map.forEach((key, item) -> written.add("[" + write(key, depth + 1) + "," + write(item, depth + 1) + "]"));
      return "{\"map\":[" + String.join(",", written) + "]}";
    }
    if (value instanceof CharSequence) return quote(value.toString());
    throw new Unrepresentable("the result holds a " + value.getClass().getName());
  }

  private static Method find(Class<?> owner, String name, int arguments) {
    for (Method method : owner.getDeclaredMethods()) {
      if (method.getName().equals(name) && method.getParameterCount() == arguments && !method.isBridge()) {
        return method;
      }
    }
    throw new Unrepresentable("no method " + name + " of " + arguments + " parameters");
  }

  private static String answer(String owner, String name, String line) {
    try {
      List<?> said = (List<?>) new Parser(line).parse();
      Class<?> kind = Class.forName(owner);
      Method method = find(kind, name, said.size());
      method.setAccessible(true);
      Object self = null;
      if (!Modifier.isStatic(method.getModifiers())) {
        Constructor<?> constructor = kind.getDeclaredConstructor();
        constructor.setAccessible(true);
        self = constructor.newInstance();
      }
      Object[] arguments = new Object[said.size()];
      Type[] types = method.getGenericParameterTypes();
      for (int i = 0; i < arguments.length; i++) arguments[i] = read(said.get(i), types[i]);
      return "{\"value\":" + write(method.invoke(self, arguments), 0) + "}";
    } catch (Unrepresentable error) {
      return "{\"unrepresentable\":" + quote(error.getMessage()) + "}";
    } catch (InvocationTargetException | ExceptionInInitializerError error) {
      return explain(error.getCause());
    } catch (ReflectiveOperationException | NoClassDefFoundError error) {
      return "{\"unrepresentable\":" + quote(error.toString()) + "}";
    } catch (Throwable error) {
      return explain(error);
    }
  }

  private static String explain(Throwable error) {
    String line = "null";
    for (StackTraceElement place : error.getStackTrace()) {
      if (!place.getClassName().equals("StepcheckHarness") && place.getClassLoaderName() != null
          && place.getClassLoaderName().equals("app")) {
        line = String.valueOf(place.getLineNumber());
        break;
      }
    }
    String message = "an exception";
    try {
      message = error.toString();
    } catch (Throwable hidden) {
      // An exception that cannot be shown is one nevertheless.
    }
    return "{\"raised\":" + quote(message.substring(0, Math.min(300, message.length()))) + ",\"line\":" + line + "}";
  }

  private static void report(PrintStream output, String secret, int number, String said) {
    byte[] line = ("\n" + secret + " " + number + " " + said + "\n").getBytes(StandardCharsets.UTF_8);
    output.write(line, 0, line.length);
    output.flush();
  }

  public static void main(String[] arguments) throws Exception {
    PrintStream output = new PrintStream(new FileOutputStream(FileDescriptor.out));
    BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    System.setOut(new PrintStream(OutputStream.nullOutputStream()));
    System.setErr(System.out);
    String secret = input.readLine();
    long milliseconds = (long) (Double.parseDouble(input.readLine()) * 1000);
    String line;
    for (int number = 0; (line = input.readLine()) != null; number++) {
      String[] said = {null};
      String asked = line;
      Thread call = new Thread(null, () -> said[0] = answer(arguments[0], arguments[1], asked), "call", STACK_BYTES);
      call.setDaemon(true);
      call.start();
      call.join(milliseconds);
      if (call.isAlive()) {
        // The call goes on, and would take the others' time.
        report(output, secret, number, "{\"timeout\":true}");
        break;
      }
      report(output, secret, number, said[0] == null ? "{\"raised\":\"the thread ended\"}" : said[0]);
    }
    Runtime.getRuntime().halt(0);
  }
}

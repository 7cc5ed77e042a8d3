// One file of more than 350 lines: a candidate's program includes it, and is compiled as one unit.
//
// Answers calls of the judged function, each in a process of its own.
//
// Standard input: a secret, the seconds for a call, then one line of JSON arguments per call.
// Standard output: "\n<secret> <number of the call> <JSON>\n" per call that came to an end.
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <limits>
#include <string>
#include <tuple>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <vector>
#include <cxxabi.h>
#include <sys/wait.h>
#include <unistd.h>

// Headers that the judged code does not include are left out: they take long to compile.
namespace stepcheck_harness {

struct Unrepresentable {
  const char* reason;
};

// A value of JSON. Objects are of the form {"map": [[key, value], ...]}.
struct Value {
  enum Kind { null, boolean, integer, real, text, array, map } kind = null;
  std::string token;
  std::vector<Value> items;
};

class Parser {
 public:
  explicit Parser(const std::string& text) : at_(text.c_str()) {}

  Value parse() {
    Value value;
    char first = *at_;
    if (first == '[') {
      value.kind = Value::array;
      value.items = parse_items();
    } else if (first == '{') {
      at_ += std::strlen("{\"map\":");
      value.kind = Value::map;
      value.items = parse_items();
      ++at_;
    } else if (first == '"') {
      value.kind = Value::text;
      value.token = parse_text();
    } else {
      while (*at_ && !std::strchr(",]}", *at_)) value.token += *at_++;
      bool real = value.token.find_first_of(".eE") != std::string::npos;
      value.kind = first == 'n'                   ? Value::null
                   : first == 't' || first == 'f' ? Value::boolean
                   : real                         ? Value::real
                                                  : Value::integer;
    }
    return value;
  }

 private:
  std::vector<Value> parse_items() {
    std::vector<Value> items;
    ++at_;
    while (*at_ != ']') {
      items.push_back(parse());
      if (*at_ == ',') ++at_;
    }
    ++at_;
    return items;
  }

  std::string parse_text() {
    std::string text;
    for (++at_; *at_ != '"'; ++at_) {
      if (*at_ != '\\') {
        text += *at_;
        continue;
      }
      switch (*++at_) {
        case 'n': text += '\n'; break;
        case 't': text += '\t'; break;
        case 'r': text += '\r'; break;
        case 'b': text += '\b'; break;
        case 'f': text += '\f'; break;
        case 'u':
          text += static_cast<char>(std::strtol(std::string(at_ + 1, 4).c_str(), nullptr, 16));
          at_ += 4;
          break;
        default: text += *at_;
      }
    }
    ++at_;
    return text;
  }

  const char* at_;
};

template <class T>
struct Tag {};

template <class T, class = void>
struct IsSequence : std::false_type {};
template <class T>
struct IsSequence<T, std::void_t<typename T::value_type, decltype(std::declval<T>().begin())>>
    : std::true_type {};
template <class T, class = void>
struct IsMap : std::false_type {};
template <class T>
struct IsMap<T, std::void_t<typename T::mapped_type>> : std::true_type {};
template <class T, class = void>
struct IsSet : std::false_type {};
template <class T>
struct IsSet<T, std::void_t<typename T::key_type>> : std::bool_constant<!IsMap<T>::value> {};

inline void require(bool holds, const char* what) {
  if (!holds) throw Unrepresentable{what};
}

template <class T>
T read(const Value& value);

#if defined(_GLIBCXX_OPTIONAL) || defined(_LIBCPP_OPTIONAL)
template <class T>
std::optional<T> read_as(const Value& value, Tag<std::optional<T>>) {
  if (value.kind == Value::null) return std::nullopt;
  return read<T>(value);
}
#endif

template <class T, std::size_t N>
std::array<T, N> read_as(const Value& value, Tag<std::array<T, N>>) {
  require(value.kind == Value::array && value.items.size() == N, "not an array of that length");
  std::array<T, N> made{};
  for (std::size_t i = 0; i < N; ++i) made[i] = read<T>(value.items[i]);
  return made;
}

template <class... T, std::size_t... I>
std::tuple<T...> read_tuple(const Value& value, std::index_sequence<I...>) {
  require(value.kind == Value::array && value.items.size() == sizeof...(T), "not such a tuple");
  return {read<T>(value.items[I])...};
}

template <class... T>
std::tuple<T...> read_as(const Value& value, Tag<std::tuple<T...>>) {
  return read_tuple<T...>(value, std::index_sequence_for<T...>());
}

template <class A, class B>
std::pair<A, B> read_as(const Value& value, Tag<std::pair<A, B>>) {
  require(value.kind == Value::array && value.items.size() == 2, "not a pair");
  return {read<A>(value.items[0]), read<B>(value.items[1])};
}

template <class Any>
Any read_any(const Value& value) {
  switch (value.kind) {
    case Value::boolean: return Any(value.token == "true");
    case Value::integer: return Any(read<int>(value));
    case Value::real: return Any(std::strtod(value.token.c_str(), nullptr));
    case Value::text: return Any(value.token);
    case Value::null: return Any();
    default: throw Unrepresentable{"no plain value"};
  }
}

#if defined(_GLIBCXX_ANY) || defined(_LIBCPP_ANY)
inline std::any read_as(const Value& value, Tag<std::any>) { return read_any<std::any>(value); }
#endif
#ifdef BOOST_ANY_INCLUDED
inline boost::any read_as(const Value& value, Tag<boost::any>) {
  return read_any<boost::any>(value);
}
#endif

template <class T>
T read_as(const Value& value, Tag<T>) {
  if constexpr (std::is_same_v<T, bool>) {
    require(value.kind == Value::boolean, "not a bool");
    return value.token == "true";
  } else if constexpr (std::is_same_v<T, char>) {
    require(value.kind == Value::text && value.token.size() == 1, "not a char");
    return value.token[0];
  } else if constexpr (std::is_integral_v<T>) {
    require(value.kind == Value::integer, "not an integer");
    errno = 0;
    if constexpr (std::is_unsigned_v<T>) {
      unsigned long long number = std::strtoull(value.token.c_str(), nullptr, 10);
      require(errno == 0 && value.token[0] != '-' && number <= std::numeric_limits<T>::max(),
              "too large an integer");
      return static_cast<T>(number);
    } else {
      long long number = std::strtoll(value.token.c_str(), nullptr, 10);
      require(errno == 0 && number >= std::numeric_limits<T>::min() &&
                  number <= std::numeric_limits<T>::max(),
              "too large an integer");
      return static_cast<T>(number);
    }
  } else if constexpr (std::is_floating_point_v<T>) {
    require(value.kind == Value::integer || value.kind == Value::real, "not a number");
    return static_cast<T>(std::strtold(value.token.c_str(), nullptr));
  } else if constexpr (std::is_same_v<T, std::string>) {
    require(value.kind == Value::text, "not a string");
    return value.token;
  } else if constexpr (IsMap<T>::value) {
    require(value.kind == Value::map, "not a map");
    T made;
    for (const Value& pair : value.items) {
      made.emplace(read<typename T::key_type>(pair.items[0]),
                   read<typename T::mapped_type>(pair.items[1]));
    }
    return made;
  } else {
    static_assert(IsSequence<T>::value, "the harness cannot make such a value");
    require(value.kind == Value::array, "not a sequence");
    T made;
    for (const Value& item : value.items) {
      made.insert(made.end(), read<typename T::value_type>(item));
    }
    return made;
  }
}

template <class T>
T read(const Value& value) {
  return read_as(value, Tag<T>());
}

inline std::string quote(const std::string& text) {
  std::string quoted = "\"";
  for (unsigned char letter : text) {
    if (letter == '"' || letter == '\\') {
      quoted += '\\';
      quoted += static_cast<char>(letter);
    } else if (letter < 32) {
      char escaped[8];
      std::snprintf(escaped, sizeof escaped, "\\u%04x", letter);
      quoted += escaped;
    } else {
      quoted += static_cast<char>(letter);
    }
  }
  return quoted + '"';
}

template <class T>
std::string write(const T& value);

#if defined(_GLIBCXX_OPTIONAL) || defined(_LIBCPP_OPTIONAL)
template <class T>
std::string write_as(const std::optional<T>& value) {
  return value ? write(*value) : "null";
}
#endif

template <class A, class B>
std::string write_as(const std::pair<A, B>& value) {
  return "[" + write(value.first) + "," + write(value.second) + "]";
}

template <class... T>
std::string write_as(const std::tuple<T...>& value) {
  std::string written;
  std::apply([&](const T&... item) { ((written += "," + write(item)), ...); }, value);
  return "[" + (written.empty() ? written : written.substr(1)) + "]";
}

template <class Held, class Any, class Cast>
bool write_held(const Any& value, std::string& written, Cast cast) {
  if (value.type() != typeid(Held)) return false;
  written = write(cast(Tag<Held>()));
  return true;
}

template <class Any, class Cast>
std::string write_any(const Any& value, bool has_value, Cast cast) {
  std::string written = "null";
  bool known = !has_value || write_held<int>(value, written, cast) ||
               write_held<std::string>(value, written, cast) ||
               write_held<double>(value, written, cast) ||
               write_held<bool>(value, written, cast) ||
               write_held<float>(value, written, cast) ||
               write_held<long>(value, written, cast) ||
               write_held<long long>(value, written, cast) ||
               write_held<char>(value, written, cast) ||
               write_held<const char*>(value, written, cast) ||
               write_held<std::vector<int>>(value, written, cast) ||
               write_held<std::vector<std::string>>(value, written, cast);
  if (!known) throw Unrepresentable{"the result holds a value of another type"};
  return written;
}

#if defined(_GLIBCXX_ANY) || defined(_LIBCPP_ANY)
template <class T>
T cast_any(const std::any& value, Tag<T>) {
  return std::any_cast<T>(value);
}
inline std::string write_as(const std::any& value) {
  return write_any(value, value.has_value(), [&](auto tag) { return cast_any(value, tag); });
}
#endif
#ifdef BOOST_ANY_INCLUDED
template <class T>
T cast_any(const boost::any& value, Tag<T>) {
  return boost::any_cast<T>(value);
}
inline std::string write_as(const boost::any& value) {
  return write_any(value, !value.empty(), [&](auto tag) { return cast_any(value, tag); });
}
#endif

template <class T>
std::string write_as(const T& value) {
  if constexpr (std::is_same_v<T, bool>) {
    return value ? "true" : "false";
  } else if constexpr (std::is_same_v<T, char>) {
    return quote(std::string(1, value));
  } else if constexpr (std::is_integral_v<T>) {
    return std::to_string(value);
  } else if constexpr (std::is_floating_point_v<T>) {
    if (std::isnan(value)) return "{\"float\":\"nan\"}";
    if (std::isinf(value)) return value > 0 ? "{\"float\":\"inf\"}" : "{\"float\":\"-inf\"}";
    char digits[64];
    std::snprintf(digits, sizeof digits, "%.17g", static_cast<double>(value));
    std::string shown = digits;
    if (shown.find_first_of(".e") == std::string::npos) shown += ".0";
    return std::is_same_v<T, float> ? "{\"single\":" + shown + "}" : shown;
  } else if constexpr (std::is_convertible_v<const T&, const char*>) {
    return quote(static_cast<const char*>(value));
  } else if constexpr (std::is_same_v<T, std::string>) {
    return quote(value);
  } else if constexpr (IsMap<T>::value) {
    std::string written;
    for (const auto& [key, item] : value) written += ",[" + write(key) + "," + write(item) + "]";
    return "{\"map\":[" + (written.empty() ? written : written.substr(1)) + "]}";
  } else if constexpr (IsSequence<T>::value) {
    std::string written;
    for (const auto& item : value) {
      written += "," + write(static_cast<const typename T::value_type&>(item));
    }
    written = "[" + (written.empty() ? written : written.substr(1)) + "]";
    return IsSet<T>::value ? "{\"set\":" + written + "}" : written;
  } else {
    static_assert(IsSequence<T>::value, "the harness cannot report such a result");
  }
}

template <class T>
std::string write(const T& value) {
  return write_as(value);
}

// The judged function, with its arguments made from JSON and its result written as JSON.
template <class F, class R, class... A>
class Target {
 public:
  explicit Target(F function) : function_(function) {}

  std::string call(const Value& arguments) const {
    require(arguments.items.size() == sizeof...(A), "another number of arguments");
    return call(arguments, std::index_sequence_for<A...>());
  }

 private:
  template <std::size_t... I>
  std::string call(const Value& arguments, std::index_sequence<I...>) const {
    std::tuple<std::decay_t<A>...> made{read<std::decay_t<A>>(arguments.items[I])...};
    if constexpr (std::is_void_v<R>) {
      function_(std::forward<A>(std::get<I>(made))...);
      return "null";
    } else {
      return write<std::decay_t<R>>(function_(std::forward<A>(std::get<I>(made))...));
    }
  }

  F function_;
};

template <class R, class... A>
auto target(R (*function)(A...)) {
  return Target<R (*)(A...), R, A...>(function);
}

template <class C, class R, class... A>
auto target(R (C::*method)(A...)) {
  auto call = [method](A... arguments) -> R { return (C().*method)(std::forward<A>(arguments)...); };
  return Target<decltype(call), R, A...>(call);
}

template <class C, class R, class... A>
auto target(R (C::*method)(A...) const) {
  auto call = [method](A... arguments) -> R { return (C().*method)(std::forward<A>(arguments)...); };
  return Target<decltype(call), R, A...>(call);
}

inline void report(const std::string& secret, int number, const std::string& said) {
  std::string line = "\n" + secret + " " + std::to_string(number) + " " + said + "\n";
  for (std::size_t done = 0; done < line.size();) {
    ssize_t written = ::write(1, line.data() + done, line.size() - done);
    if (written <= 0) _exit(1);
    done += static_cast<std::size_t>(written);
  }
}

inline std::string readable(const std::type_info& type) {
  char* name = abi::__cxa_demangle(type.name(), nullptr, nullptr, nullptr);
  std::string shown = name ? name : type.name();
  std::free(name);
  return shown;
}

// Returns whether there was another line.
inline bool read_line(std::string& line) {
  line.clear();
  int letter;
  while ((letter = std::getchar()) != EOF && letter != '\n') line += static_cast<char>(letter);
  return letter == '\n' || !line.empty();
}

template <class T>
std::string answer(const T& target, const std::string& line) {
  try {
    return "{\"value\":" + target.call(Parser(line).parse()) + "}";
  } catch (const Unrepresentable& error) {
    return "{\"unrepresentable\":" + quote(error.reason) + "}";
  } catch (const std::exception& error) {
    return "{\"raised\":" + quote(readable(typeid(error)) + ": " + error.what()) + "}";
  } catch (...) {
    return "{\"raised\":\"an exception that is no std::exception\"}";
  }
}

template <class T>
int run(const T& target) {
  std::string secret, seconds, line;
  read_line(secret);
  read_line(seconds);
  int late = 0;
  for (int number = 0; late < 2 && read_line(line); ++number) {
    pid_t child = fork();
    if (child < 0) {
      std::perror("cannot fork");
      return 1;
    }
    if (child == 0) {
      alarm(static_cast<unsigned>(std::atoi(seconds.c_str())));
      report(secret, number, answer(target, line));
      _exit(0);
    }
    int status = 0;
    if (waitpid(child, &status, 0) < 0) return 1;
    if (WIFSIGNALED(status)) {
      int signal = WTERMSIG(status);
      late += signal == SIGALRM;
      report(secret, number,
             signal == SIGALRM ? std::string("{\"timeout\":true}")
                               : "{\"crashed\":" + quote(strsignal(signal)) + "}");
    }
  }
  return 0;
}

}  // namespace stepcheck_harness

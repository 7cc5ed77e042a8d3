"""Wrong programs that never end, or of which many a small edit never ends."""

PROGRAMS = (
    '''
def ones(n):
    """How many bits are set.

    >>> ones(127)
    7
    >>> ones(128)
    1
    >>> ones(0)
    0
    """
    count = 0
    while n:
        n ^= n - 1
        count += 1
    return count
''',
    '''
def common_divisor(a, b):
    """The greatest.

    >>> common_divisor(12, 18)
    6
    >>> common_divisor(17, 5)
    1
    """
    while b:
        a, b = b, a // b
    return a
''',
    '''
def find(items, wanted):
    """The place in a sorted list, or -1.

    >>> find([1, 3, 5, 7], 7)
    3
    >>> find([1, 3, 5, 7], 4)
    -1
    >>> find([1, 3, 5, 7], 1)
    0
    """
    low, high = 0, len(items)
    while low < high:
        middle = (low + high) // 2
        if items[middle] == wanted:
            return middle
        if items[middle] < wanted:
            low = middle
        else:
            high = middle
    return -1
''',
    '''
def digits(number):
    """The sum.

    >>> digits(123)
    6
    >>> digits(0)
    0
    >>> digits(99)
    18
    """
    total = 0
    while number >= 0:
        total += number % 10
        number //= 10
    return total
''',
    '''
def merge(left, right):
    """Two sorted lists as one.

    >>> merge([1, 4], [2, 3, 5])
    [1, 2, 3, 4, 5]
    >>> merge([], [1])
    [1]
    """
    merged = []
    i = j = 0
    while i < len(left) or j < len(right):
        if j == len(right) or (i < len(left) and left[i] <= right[j]):
            merged.append(left[i])
            i += 1
        else:
            merged.append(right[j])
    return merged
''',
    '''
def root(number):
    """The largest integer whose square is not larger.

    >>> root(16)
    4
    >>> root(24)
    4
    >>> root(1)
    1
    """
    low, high = 0, number + 1
    while high - low > 1:
        middle = (low + high) // 2
        if middle * middle <= number:
            low = middle
        else:
            low = middle
    return low
''',
)

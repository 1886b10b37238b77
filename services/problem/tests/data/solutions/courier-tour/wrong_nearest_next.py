import sys

n, *rest = (int(word) for word in sys.stdin.read().split())
time = [rest[i * n : (i + 1) * n] for i in range(n)]

here = total = 0
todo = set(range(1, n))
while todo:
    place = min(todo, key=lambda place: (time[here][place], place))
    todo.remove(place)
    total += time[here][place]
    here = place
sys.stdout.write(f"{total + time[here][0]}\n")

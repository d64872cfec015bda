export default async function Page() {
  const events = await fetch(`${process.env.API_URL}/events`, { next: { revalidate: 60 } }).then((answer) => answer.json());
  return (
    <ul>
      {events.map((event) => (
        <li key={event.id}>{event.name}</li>
      ))}
    </ul>
  );
}
